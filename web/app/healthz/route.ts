export const dynamic = 'force-dynamic';

/** That this process answers. The gateway's health is the gateway's to tell. */
export const GET = (): Response =>
  Response.json({ status: 'ok' }, { headers: { 'cache-control': 'no-store' } });
