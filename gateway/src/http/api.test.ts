import { STREAMS_TABLE } from '@topicast/contracts/tables';
import { milliseconds } from '@topicast/contracts/units';
import { LogError } from '@topicast/log';
import { until } from '@topicast/test/poll';
import { describe, expect, it, vi } from 'vitest';
import { ask, create, operator } from '../testing/api.js';
import { DEMO, GatewayUnderTest } from '../testing/gateway-under-test.js';

describe('the streams API', () => {
  it('creates, shows, starts, stops and deletes', async () => {
    await using gateway = await GatewayUnderTest.start();
    const created = await create(gateway, { id: 'cam', title: 'Camera', source: { kind: 'test' } });
    expect(created.status).toBe(201);
    const shown = await ask(gateway, 'GET', '/api/streams/cam');
    expect(shown.body).toEqual({ id: 'cam', title: 'Camera', state: 'offline', viewers: 0 });
    expect((await ask(gateway, 'GET', '/api/streams')).body.streams).toEqual([shown.body]);

    const streams = await gateway.log.table(STREAMS_TABLE);
    const row = () => JSON.parse(streams.get('cam') ?? 'null');
    expect((await ask(gateway, 'POST', '/api/streams/cam/stop', { headers: operator })).status).toBe(202);
    expect(row()).toMatchObject({ enabled: false, startCount: 0, visibility: 'public' });
    expect((await ask(gateway, 'POST', '/api/streams/cam/start', { headers: operator })).status).toBe(202);
    expect(row()).toMatchObject({ enabled: true, startCount: 1 });

    expect((await create(gateway, { id: 'cam', source: { kind: 'test' } })).status).toBe(409);
    expect((await ask(gateway, 'DELETE', '/api/streams/cam', { headers: operator })).status).toBe(204);
    expect((await ask(gateway, 'GET', '/api/streams/cam')).status).toBe(404);
    expect((await ask(gateway, 'DELETE', '/api/streams/cam', { headers: operator })).status).toBe(404);
  });

  it('shows the state of a stream, and its cause only to the operator', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.heartbeat();
    const video = { kind: 'video' as const, codec: 'avc1.64001f', width: 1280, height: 720, frameRate: 30 };
    const audio = { kind: 'audio' as const, codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2 };
    const startedAt = new Date(1_700_000_000_000).toISOString();
    const running = {
      state: 'live' as const,
      session: 1_700_000_000_000,
      startedAt,
      catalog: {
        session: 1_700_000_000_000,
        renditions: [{ rendition: 0, bitrate: 3_000_000, tracks: [video, audio] }],
      },
    };
    const inside = { encoderLog: ['frame=1'], restarts: 2, problem: 'no sound', notes: ['B-frames'] };
    await gateway.setStatus({ ...running, ...inside });
    const seen = { id: 'demo', title: 'Demo', viewers: 0, ...running };
    expect((await ask(gateway, 'GET', '/api/streams/demo')).body).toEqual(seen);
    const own = {
      enabled: true,
      source: { kind: 'test' },
      ...inside,
      version: 0,
    };
    expect((await ask(gateway, 'GET', '/api/streams/demo', { headers: operator })).body).toEqual({
      ...seen,
      ...own,
    });
    expect((await ask(gateway, 'GET', '/api/streams', { headers: operator })).body.streams).toEqual([
      { ...seen, ...own },
    ]);
  });

  it('creates one of two at the same time', async () => {
    await using gateway = await GatewayUnderTest.start();
    const answers = await Promise.all(
      [1, 2, 3].map(() => create(gateway, { id: 'cam', source: { kind: 'test' } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  it('creates one of two at the same time in two gateways, and it is the same for both', async () => {
    await using gateway = await GatewayUnderTest.start();
    await using other = await GatewayUnderTest.start({}, gateway);
    for (let n = 0; n < 20; n += 1) {
      const id = `cam-${n}`;
      const answers = await Promise.all(
        [gateway, other].map((each, index) =>
          create(each, { id, title: `${index}`, source: { kind: 'test' } }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      const made = answers.find(({ status }) => status === 201)?.body.title;
      for (const each of [gateway, other]) {
        expect((await ask(each, 'GET', `/api/streams/${id}`)).body.title).toBe(made);
      }
    }
  });

  it('creates the topic of a stream for another producer', async () => {
    await using gateway = await GatewayUnderTest.start();
    expect((await create(gateway, { id: 'theirs', source: { kind: 'topic' } })).status).toBe(201);
    expect(await gateway.log.topics()).toEqual(['theirs']);
    expect((await ask(gateway, 'GET', '/api/streams/theirs')).body).toMatchObject({ state: 'offline' });
    expect((await ask(gateway, 'POST', '/api/streams/theirs/stop', { headers: operator })).status).toBe(409);
    expect((await ask(gateway, 'DELETE', '/api/streams/theirs', { headers: operator })).status).toBe(204);
    expect(await gateway.log.topics()).toEqual([]);
    expect((await ask(gateway, 'GET', '/api/streams')).body.streams).toEqual([]);
  });
});

it('starts no encoder on a topic that another producer writes', async () => {
  await using gateway = await GatewayUnderTest.start();
  await gateway.log.createTopic(DEMO, { partitions: 1, retentionMs: milliseconds(600_000) });
  // It knows the topic from its start.
  await gateway.restartGateway();
  const refused = await create(gateway, { id: 'demo', source: { kind: 'test' } });
  expect([refused.status, refused.body.detail]).toEqual([409, expect.stringMatching(/another program/)]);
  const titled = await create(gateway, { id: 'demo', title: 'Theirs', source: { kind: 'topic' } });
  expect([titled.status, titled.body.title]).toEqual([201, 'Theirs']);
});

describe('a log that is away', () => {
  it('makes the API answer 503 and try-again, and is found when it comes', async () => {
    await using gateway = await GatewayUnderTest.start();
    const away = new LogError('unavailable', 'no broker answers');
    const table = vi.spyOn(gateway.log, 'table').mockRejectedValue(away);
    const ping = vi.spyOn(gateway.log, 'ping').mockRejectedValue(away);
    await gateway.restartGateway();
    const answer = await ask(gateway, 'GET', '/api/streams');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await ask(gateway, 'GET', '/readyz')).status).toBe(503);
    expect((await ask(gateway, 'GET', '/healthz')).status).toBe(200);
    expect((await create(gateway, { id: 'cam', source: { kind: 'test' } })).status).toBe(503);
    table.mockRestore();
    ping.mockRestore();
    await until(async () => (await fetch(gateway.url('/readyz'))).status === 200);
    expect((await create(gateway, { id: 'cam', source: { kind: 'test' } })).status).toBe(201);
  });

  it('is named on /readyz where somebody has to mend it, and not the brokers that do not answer', async () => {
    await using gateway = await GatewayUnderTest.start();
    const refused = new LogError('invalid', 'Kafka refuses to make "topicast.streams"');
    const table = vi.spyOn(gateway.log, 'table').mockRejectedValue(refused);
    const ping = vi.spyOn(gateway.log, 'ping');
    const readiness = async () => {
      const { status, body } = await ask(gateway, 'GET', '/readyz');
      return [status, body.detail];
    };
    await gateway.restartGateway();
    expect(await readiness()).toEqual([503, refused.message]);
    table.mockRestore();
    await until(async () => (await readiness())[0] === 200);
    const lost = new LogError('invalid', 'the table "topicast.status" is no longer followed');
    ping.mockRejectedValue(lost);
    expect(await readiness()).toEqual([503, lost.message]);
    ping.mockRejectedValue(new LogError('unavailable', 'Kafka at kafka-0.internal:9092 does not answer'));
    expect(await readiness()).toEqual([503, 'the log does not answer']);
    ping.mockRestore();
    expect((await readiness())[0]).toBe(200);
  });
});

it('documents itself, without anything from elsewhere', async () => {
  await using gateway = await GatewayUnderTest.start();
  const openapi = await (await fetch(gateway.url('/docs/json'))).json();
  expect(Object.keys(openapi.paths)).toEqual(
    expect.arrayContaining(['/api/streams', '/api/streams/{id}', '/api/streams/{id}/start', '/readyz']),
  );
  expect(Object.keys(openapi.paths['/api/streams/{id}'])).toEqual(['get', 'patch', 'delete']);
  const page = await (await fetch(gateway.url('/docs/'))).text();
  expect(page).toContain('swagger-ui');
  expect(page).not.toMatch(/(?:src|href)="https?:/);
});

it('counts for Prometheus, without names of viewers or streams', async () => {
  await using gateway = await GatewayUnderTest.start();
  await gateway.addStream(DEMO);
  const text = await (await fetch(gateway.url('/metrics'))).text();
  for (const name of [
    'viewers',
    'sent_bytes_total',
    'sent_chunks_total',
    'jumps_total',
    'dropped_chunks_total',
  ]) {
    expect(text).toContain(`topicast_gateway_${name}`);
  }
  for (const name of ['viewer_lag_seconds', 'join_seconds', 'log_hop_seconds']) {
    expect(text).toContain(`topicast_gateway_${name}_bucket`);
  }
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
  expect(text).not.toContain('demo');
});
