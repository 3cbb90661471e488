import { STREAMS_TABLE } from '@topicast/contracts/tables';
import { describe, expect, it } from 'vitest';
import { ask, create, json, operator } from '../testing/api.js';
import { DEMO, GatewayUnderTest } from '../testing/gateway-under-test.js';
import { offerOf } from './encoding.js';

const LIMITS = { maxHeight: 720, maxKbit: 3000 };

describe('offerOf', () => {
  it('is what all producers can do, as far as we know it', () => {
    expect(offerOf([])).toEqual({ encoders: ['x264'] });
    const [one, other] = [
      { encoders: ['nvenc', 'x264', 'vaapi', 'av1-of-tomorrow'], ...LIMITS },
      { encoders: ['x264', 'vaapi'], maxHeight: 1080, maxKbit: 2500 },
    ];
    expect(offerOf([one])).toEqual({ encoders: ['x264', 'nvenc', 'vaapi'], ...LIMITS });
    expect(offerOf([one, other])).toEqual({ encoders: ['x264', 'vaapi'], maxHeight: 720, maxKbit: 2500 });
  });
});

describe('the encoding of a stream', () => {
  it('is stored, shown, changed as a whole, and forgotten', async () => {
    await using gateway = await GatewayUnderTest.start();
    const encoding = { preset: 'balanced', height: 360, sound: 'off' };
    const made = await create(gateway, { id: 'demo', source: { kind: 'test' }, encoding });
    expect([made.status, made.body.encoding]).toEqual([201, encoding]);
    const edit = (body: object) =>
      ask(gateway, 'PATCH', '/api/streams/demo', { headers: json, body: JSON.stringify(body) });
    const renamed = await edit({ version: 0, title: 'Renamed' });
    expect(renamed.body.encoding).toEqual(encoding);
    const louder = await edit({ version: 1, encoding: { gainDb: 6 } });
    expect(louder.body.encoding).toEqual({ gainDb: 6 });
    const row = async () => JSON.parse((await gateway.log.table(STREAMS_TABLE)).get(DEMO)!);
    expect(await row()).toMatchObject({ encoding: { gainDb: 6 }, version: 2 });
    expect((await edit({ version: 2, encoding: {} })).body).not.toHaveProperty('encoding');
    expect(await row()).not.toHaveProperty('encoding');
  });

  it('is refused in words, at its field', async () => {
    await using gateway = await GatewayUnderTest.start();
    await create(gateway, { id: 'demo', source: { kind: 'test' }, encoding: { height: 360 } });
    const refusals = async (method: 'POST' | 'PATCH', body: object) => {
      const url = method === 'POST' ? '/api/streams' : '/api/streams/demo';
      const answer = await ask(gateway, method, url, { headers: json, body: JSON.stringify(body) });
      return [answer.status, answer.body.errors?.map(({ path }) => path)];
    };
    const source = { kind: 'test' };
    const url = { kind: 'url', url: 'https://cam.example/live.ts', copy: true };
    for (const [encoding, path] of [
      [{ kbit: 50 }, 'encoding.kbit'],
      [{ sound: 'off', gainDb: 3 }, 'encoding.gainDb'],
      [{ preset: '-vf movie=/etc/passwd' }, 'encoding.preset'],
    ] as const) {
      expect(await refusals('POST', { id: 'other', source, encoding })).toEqual([422, [path]]);
      expect(await refusals('PATCH', { version: 0, encoding })).toEqual([422, [path]]);
    }
    // The stream is judged as it will be.
    expect(await refusals('PATCH', { version: 0, source: url })).toEqual([422, ['encoding.height']]);
    expect(await refusals('PATCH', { version: 0, ladder: [{ height: 720 }] })).toEqual([
      422,
      ['encoding.height'],
    ]);
    expect(await refusals('PATCH', { version: 0, source: url, encoding: null })).toEqual([200, undefined]);
  });

  it('has only an encoder that works; while no producer tells, any', async () => {
    await using gateway = await GatewayUnderTest.start();
    const made = (id: string, encoder: string) =>
      create(gateway, { id, source: { kind: 'test' }, encoding: { encoder } });
    const offer = () => ask(gateway, 'GET', '/api/encoding', { headers: operator });
    expect((await offer()).body).toEqual({ encoders: ['x264'] });
    expect((await made('early', 'nvenc')).status).toBe(201);
    await gateway.heartbeat(0, { encoding: { encoders: ['x264', 'vaapi'], ...LIMITS } });
    expect((await offer()).body).toEqual({ encoders: ['x264', 'vaapi'], ...LIMITS });
    expect((await made('one', 'vaapi')).status).toBe(201);
    const refused = await made('two', 'nvenc');
    expect([refused.status, refused.body.errors]).toEqual([
      422,
      [
        {
          path: 'encoding.encoder',
          message: 'NVENC does not work on every host here: choose one of these: x264, VAAPI',
        },
      ],
    ]);
    const kept = { version: 0, encoding: { encoder: 'nvenc', height: 360 } };
    const edited = await ask(gateway, 'PATCH', '/api/streams/early', {
      headers: json,
      body: JSON.stringify(kept),
    });
    expect(edited.status).toBe(200);
    expect((await ask(gateway, 'GET', '/api/encoding')).status).toBe(401);
  });
});
