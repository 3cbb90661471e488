import type { StreamEvents } from '@topicast/contracts/stream-event';
import type { ProducerFigures, StreamHealth } from '@topicast/contracts/stream-health';
import { HEALTH_ROWS, openEvents, STREAM_EVENTS } from '@topicast/log';
import { until } from '@topicast/test/poll';
import { expect, it } from 'vitest';
import { ask, create, json, operator } from '../testing/api.js';
import { DEMO, GatewayUnderTest } from '../testing/gateway-under-test.js';
import { TestViewer } from '../testing/test-viewer.js';

const row = (change: Partial<ProducerFigures> = {}): ProducerFigures => ({
  ...{ from: 'producer', process: 'p1', session: 1, way: 'sent', jumps: 0, dropped: 0, hasReordering: false },
  renditions: [{ bitrate: 3_000_000, frameRate: 30 }],
  ...{
    keyframeInterval: 1_000,
    speed: 1,
    late: { p50: 4, p95: 12 },
    behind: 0,
    queued: 1,
    append: { p50: 2, p95: 5 },
  },
  ...change,
});
const health = async (gateway: GatewayUnderTest, query = ''): Promise<StreamHealth> =>
  (await ask(gateway, 'GET', `/api/streams/demo/health${query}`, { headers: operator }))
    .body as unknown as StreamHealth;

it('tells the operator how a stream goes, and nobody else', async () => {
  await using gateway = await GatewayUnderTest.start();
  await gateway.addStream();
  await gateway.heartbeat();
  await gateway.setStatus({ session: 1, startedAt: new Date(Date.now() - 60_000).toISOString() });
  expect((await ask(gateway, 'GET', '/api/streams/demo/health')).status).toBe(401);
  expect((await ask(gateway, 'GET', '/api/streams/demo/events')).status).toBe(401);
  expect((await ask(gateway, 'GET', '/api/streams/none/health', { headers: operator })).status).toBe(404);

  const rows = await openEvents(gateway.log, HEALTH_ROWS);
  await rows.append([{ key: DEMO, event: row({ hasReordering: true }) }]);
  await gateway.publish(20);
  using viewer = new TestViewer(gateway.live('demo'));
  await until('a viewer is told of', async () => (await health(gateway)).newest.audience?.viewers === 1);
  const told = await health(gateway);
  expect(told.newest.producer).toMatchObject({ process: 'p1', speed: 1 });
  expect(told.findings).toEqual([expect.objectContaining({ code: 'b-frames' })]);
  expect(told.latency.find(({ name }) => name === 'log')).toEqual({ name: 'log', ms: 2 });
  expect(told.latency.find(({ name }) => name === 'buffer')).toEqual({ name: 'buffer' });
  await until('a column is whole', async () => (await health(gateway)).columns.bitrate.includes(3_000_000));
  const { time } = (await health(gateway)).columns;
  expect((await health(gateway, `?since=${time[0]! + 1}`)).columns.time).not.toContain(time[0]);
  expect(viewer.closed).toBeUndefined();
});

it('has something to say when it is asked for the first time', async () => {
  await using gateway = await GatewayUnderTest.start();
  await gateway.addStream();
  const events = await openEvents(gateway.log, STREAM_EVENTS);
  await events.append([{ key: DEMO, event: { kind: 'stopped', at: Date.now() } }]);
  const { body } = await ask(gateway, 'GET', '/api/streams/demo/events', { headers: operator });
  expect((body as unknown as StreamEvents).events.map(({ event }) => event.kind)).toEqual(['stopped']);
});

it('says what an edit has changed, and which key is new', async () => {
  await using gateway = await GatewayUnderTest.start();
  await create(gateway, { id: 'one', source: { kind: 'test' } });
  await create(gateway, { id: 'two', source: { kind: 'ingest' } });
  const send = (method: string, path: string, body: object) =>
    ask(gateway, method, `/api/streams/${path}`, { headers: json, body: JSON.stringify(body) });
  const change = { version: 0, title: 'One', ladder: [{ height: 360 }], encoding: { gainDb: 3 } };
  expect((await send('PATCH', 'one', change)).status).toBe(200);
  expect((await send('POST', 'two/ingest-key', { for: 'backup' })).status).toBe(200);
  const newest = async (id: string): Promise<string | undefined> => {
    const { body } = await ask(gateway, 'GET', `/api/streams/${id}/events`, { headers: operator });
    return (body as unknown as StreamEvents).events[0]?.words;
  };
  await until(
    'the change is told',
    async () => (await newest('one')) === 'Somebody changed the settings: title, renditions, encoding.',
  );
  await until('the key is told', async () => (await newest('two'))?.includes('for the backup encoder'));
});

it('tells what has happened to a stream, also what other processes did', async () => {
  await using gateway = await GatewayUnderTest.start();
  await create(gateway, { id: 'one', source: { kind: 'test' } });
  await ask(gateway, 'POST', '/api/streams/one/stop', { headers: operator });
  await ask(gateway, 'POST', '/api/streams/one/stop', { headers: operator });
  const edit = { version: 1, encoding: { preset: 'balanced' } };
  expect(
    (await ask(gateway, 'PATCH', '/api/streams/one', { headers: json, body: JSON.stringify(edit) })).status,
  ).toBe(200);
  const events = await openEvents(gateway.log, STREAM_EVENTS);
  await events.append([{ key: 'one', event: { kind: 'lost', at: 1, problem: 'it is gone' } }]);
  const told = async (query = ''): Promise<string[]> => {
    const { body } = await ask(gateway, 'GET', `/api/streams/one/events${query}`, { headers: operator });
    return (body as unknown as StreamEvents).events.map(({ words }) => words);
  };
  const all = [
    'The stream lost its encoder: it is gone',
    'Somebody changed the settings: encoding.',
    'Somebody stopped the stream.',
    'The stream was created.',
  ];
  await until('all is told', async () => (await told()).length === 4);
  expect((await told()).toSorted()).toEqual(all.toSorted());
  expect(await told('?limit=1')).toHaveLength(1);
  expect((await ask(gateway, 'GET', '/api/streams/one/events?limit=0', { headers: operator })).status).toBe(
    422,
  );
});
