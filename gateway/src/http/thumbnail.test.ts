import { THUMBNAILS_TABLE } from '@topicast/contracts/thumbnails';
import { until } from '@topicast/test/poll';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ask, operator } from '../testing/api.js';
import { DEMO, GatewayUnderTest } from '../testing/gateway-under-test.js';

const PATH = '/api/streams/demo/thumbnail.jpg';
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);
const SECRET = 'a secret of viewers, which is long enough';

async function putPicture(gateway: GatewayUnderTest, at = new Date()): Promise<void> {
  const table = await gateway.log.table(THUMBNAILS_TABLE);
  await table.put(DEMO, JSON.stringify({ at: at.toISOString(), session: 7, jpeg: JPEG.toString('base64') }));
}

const tokenFor = (stream: string): Promise<string> =>
  new SignJWT({ stream }).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(SECRET));

describe('a thumbnail', () => {
  it('is served with a tag, cached for a moment, and not sent twice', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await putPicture(gateway);
    const got = await fetch(gateway.url(PATH));
    expect(Buffer.from(await got.arrayBuffer())).toEqual(JPEG);
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'cache-control': 'public, max-age=2',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    });
    const etag = got.headers.get('etag')!;
    const again = await fetch(gateway.url(PATH), { headers: { 'if-none-match': `"x", W/${etag}` } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    await putPicture(gateway, new Date(Date.now() + 1_000));
    const newer = await fetch(gateway.url(PATH), { headers: { 'if-none-match': etag } });
    expect(newer.status).toBe(200);
    expect((await fetch(gateway.url(PATH), { method: 'HEAD' })).status).toBe(200);
  });

  it('is not there without a stream or a picture, of an earlier stream of this name, and long after the end', async () => {
    await using gateway = await GatewayUnderTest.start();
    await putPicture(gateway, new Date(Date.now() - 2 * 3_600_000));
    const status = async (path = PATH) => (await ask(gateway, 'GET', path)).status;
    expect(await status()).toBe(404);
    expect(await status('/api/streams/No/thumbnail.jpg')).toBe(404);
    await gateway.addStream();
    expect(await status()).toBe(404);
    await gateway.addStream(DEMO, { createdAt: new Date(Date.now() - 3 * 3_600_000).toISOString() });
    expect(await status()).toBe(404);
    await gateway.heartbeat();
    await gateway.setStatus({ state: 'live' });
    await until(async () => (await fetch(gateway.url(PATH))).ok);
  });

  it('is only for those who may watch, with the token in a header or, for pages, in the address', async () => {
    await using gateway = await GatewayUnderTest.start({ TOPICAST_VIEWER_SECRET: SECRET });
    await gateway.addStream();
    await putPicture(gateway);
    const status = async (query = '', headers = {}) =>
      (await fetch(gateway.url(PATH + query), { headers })).status;
    expect(await status()).toBe(401);
    expect(await status('?token=nonsense')).toBe(401);
    expect(await status(`?token=${await tokenFor('other')}`)).toBe(403);
    expect(await status(`?token=${await tokenFor('demo')}`)).toBe(200);
    expect(await status('', operator)).toBe(200);
    const got = await fetch(gateway.url(PATH), { headers: operator });
    expect(got.headers.get('cache-control')).toBe('private, max-age=2');
  });
});

describe('what was seen and heard', () => {
  it('is told to the operator, of the present session, while somebody looks', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.heartbeat();
    await gateway.setStatus({ state: 'live', session: 7 });
    const table = await gateway.log.table('topicast.status');
    const analysis = {
      findings: [{ kind: 'black', since: new Date().toISOString(), words: 'The picture is black.' }],
      loudness: -20.5,
    };
    const look = (session: number) =>
      table.put(`analysis/demo`, JSON.stringify({ at: new Date().toISOString(), session, ...analysis }));
    const shown = async (headers = {}) =>
      (await ask(gateway, 'GET', '/api/streams/demo', { headers })).body.analysis;
    await look(6);
    expect(await shown(operator)).toBeUndefined();
    await look(7);
    expect(await shown(operator)).toEqual(analysis);
    expect(await shown()).toBeUndefined();
    await gateway.setStatus({ state: 'offline', session: 7 });
    expect(await shown(operator)).toBeUndefined();
  });
});
