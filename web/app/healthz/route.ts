export const dynamic = 'force-dynamic';

/** Shows that this process answers. The gateway reports its own health. */
export const GET = (): Response =>
  Response.json({ status: 'ok' }, { headers: { 'cache-control': 'no-store' } });
