import { hashOfSecret, parseStreamKey } from '@topicast/contracts/ingest-key';
import { STREAMS_TABLE } from '@topicast/contracts/tables';
import { describe, expect, it } from 'vitest';
import { ask, create, operator } from '../testing/api.js';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';

const SHOW = { id: 'show', source: { kind: 'ingest' } };

describe('the stream key', () => {
  it('is shown once, and kept as a hash', async () => {
    await using gateway = await GatewayUnderTest.start();
    const { status, body } = await create(gateway, SHOW);
    expect(status).toBe(201);
    const key = parseStreamKey(body.ingest!.key)!;
    expect(key.stream).toBe('show');
    const streams = await gateway.log.table(STREAMS_TABLE);
    const row = streams.get('show')!;
    expect(JSON.parse(row).ingestKeyHash).toBe(await hashOfSecret(key.secret));
    const shown = [
      row,
      JSON.stringify((await ask(gateway, 'GET', '/api/streams/show', { headers: operator })).body),
      gateway.logLines.join(),
    ];
    for (const text of shown) expect(text).not.toContain(key.secret);
    expect(shown[1]).not.toContain('ingestKeyHash');
  });

  it('is renewed for the operator alone', async () => {
    await using gateway = await GatewayUnderTest.start();
    const first = (await create(gateway, SHOW)).body.ingest?.key;
    const renew = (headers = {}) => ask(gateway, 'POST', '/api/streams/show/ingest-key', { headers });
    expect((await renew()).status).toBe(401);
    const { status, body } = await renew(operator);
    expect(status).toBe(200);
    expect(body.key).not.toBe(first);
    const row = JSON.parse((await gateway.log.table(STREAMS_TABLE)).get('show')!);
    expect(row.ingestKeyHash).toBe(await hashOfSecret(parseStreamKey(body.key)!.secret));
    expect(row).toMatchObject({ enabled: true, source: { kind: 'ingest' } });
  });

  it('is another one for a backup', async () => {
    await using gateway = await GatewayUnderTest.start();
    const first = (await create(gateway, SHOW)).body.ingest?.key;
    const make = (body: unknown) =>
      ask(gateway, 'POST', '/api/streams/show/ingest-key', {
        headers: { ...operator, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const { status, body } = await make({ for: 'backup' });
    expect(status).toBe(200);
    const row = JSON.parse((await gateway.log.table(STREAMS_TABLE)).get('show')!);
    expect(row.backupKeyHash).toBe(await hashOfSecret(parseStreamKey(body.key)!.secret));
    expect(row.ingestKeyHash).toBe(await hashOfSecret(parseStreamKey(first!)!.secret));
    expect((await make({ for: 'somebody' })).status).toBe(422);
  });

  it('is not there for other streams', async () => {
    await using gateway = await GatewayUnderTest.start();
    const other = await create(gateway, { id: 'card', source: { kind: 'test' } });
    expect(other.body.ingest).toBeUndefined();
    const renew = (id: string) =>
      ask(gateway, 'POST', `/api/streams/${id}/ingest-key`, { headers: operator });
    expect((await renew('card')).status).toBe(409);
    expect((await renew('nobody')).status).toBe(404);
    expect((await renew('No')).status).toBe(404);
  });
});

describe('the address', () => {
  it('is where a producer listens, by the name that leads to the gateway', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.heartbeat(0, { rtmpPort: 4935, cameraPort: 4936, whipPort: 4937 });
    const { ingest } = (await create(gateway, SHOW)).body;
    expect(ingest).toMatchObject({
      rtmp: 'rtmp://127.0.0.1:4935/live',
      camera: 'ws://127.0.0.1:4936',
      whip: 'http://127.0.0.1:4937/whip',
    });
    expect(ingest?.problem).toBeUndefined();
  });

  it('is left out while nobody listens, because another program may have the usual port', async () => {
    await using gateway = await GatewayUnderTest.start();
    const told = [
      (await create(gateway, SHOW)).body.ingest!,
      (await ask(gateway, 'POST', '/api/streams/show/ingest-key', { headers: operator })).body,
    ];
    for (const { rtmp, problem, key } of told) {
      expect(rtmp).toBeUndefined();
      expect(problem).toContain('No producer takes encoders');
      expect(parseStreamKey(key)?.stream).toBe('show');
    }
  });

  it('is the one that was set', async () => {
    const camera = 'wss://in.example.com/camera';
    const whip = 'https://in.example.com/whip';
    const set = 'rtmps://in.example.com/live';
    await using gateway = await GatewayUnderTest.start({
      TOPICAST_PUBLIC_RTMP_URL: set,
      TOPICAST_PUBLIC_CAMERA_URL: camera,
      TOPICAST_PUBLIC_WHIP_URL: whip,
    });
    expect((await create(gateway, SHOW)).body.ingest).toMatchObject({ rtmp: set, camera, whip });
    await expect(GatewayUnderTest.start({ TOPICAST_PUBLIC_RTMP_URL: 'in.example.com' })).rejects.toThrow(
      'TOPICAST_PUBLIC_RTMP_URL',
    );
  });
});

describe('a stream that waits', () => {
  it('says so to the operator, and says if nobody listens', async () => {
    await using gateway = await GatewayUnderTest.start();
    await create(gateway, SHOW);
    const notes = async () =>
      (await ask(gateway, 'GET', '/api/streams/show', { headers: operator })).body.notes;
    expect(await notes()).toEqual([expect.stringContaining('no producer takes any')]);
    await gateway.heartbeat(0, { rtmpPort: 1935 });
    expect(await notes()).toEqual([expect.stringContaining('with the stream key')]);
    expect((await ask(gateway, 'GET', '/api/streams/show')).body.notes).toBeUndefined();
    await gateway.setStatus({ state: 'live', session: 1, notes: ['B-frames'] }, 'show' as never);
    expect(await notes()).toEqual(['B-frames']);
    await ask(gateway, 'POST', '/api/streams/show/stop', { headers: operator });
    await gateway.setStatus({ state: 'offline', session: 1, notes: [] }, 'show' as never);
    expect(await notes()).toEqual([]);
  });
});
