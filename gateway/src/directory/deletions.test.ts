import { streamId } from '@topicast/contracts/stream-id';
import { changedRow } from '@topicast/contracts/stream-row';
import { StreamTables } from '@topicast/contracts/stream-tables';
import { deletionKey, STATUS_TABLE, STREAMS_TABLE, type StreamRow } from '@topicast/contracts/tables';
import { milliseconds } from '@topicast/contracts/units';
import { LogError } from '@topicast/log';
import { until } from '@topicast/test/poll';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { DEMO, GatewayUnderTest, OPERATOR_TOKEN } from '../testing/gateway-under-test.js';
import { Deletions } from './deletions.js';

const operator = { authorization: `Bearer ${OPERATOR_TOKEN}` };
const FOREIGN = streamId('somebody-elses');

async function statusOf(
  gateway: GatewayUnderTest,
  method: string,
  path: string,
  body?: object,
): Promise<number> {
  const headers = { ...operator, ...(body && { 'content-type': 'application/json' }) };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  return (await fetch(gateway.url(path), init)).status;
}

describe.concurrent('deleting a stream', () => {
  it('that another gateway has finished does not touch a new stream of the same name', async () => {
    await using gateway = await GatewayUnderTest.start();
    const { log } = gateway;
    const name = streamId('again');
    const topic = { partitions: 1, retentionMs: milliseconds(600_000) };
    const streams = await log.table(STREAMS_TABLE);
    const status = await log.table(STATUS_TABLE);
    const tables = new StreamTables({ streams, status });
    const deletions = new Deletions({
      log,
      logger: pino({ enabled: false }),
      onChange: () => undefined,
      removeMore: async () => undefined,
    });
    tables.deletions.onChange((stream, request) => deletions.onRequest(stream, request));
    await log.createTopic(name, topic);
    vi.spyOn(status, 'delete').mockImplementationOnce(async () => {
      // The other gateway was faster, and the name is in use again.
      await log.deleteTopic(name);
      await streams.delete(deletionKey(name));
      await log.createTopic(name, topic);
      await streams.put(name, '{}');
    });
    await deletions.delete(name, tables);
    expect(await log.topics()).toContain(name);
    expect(streams.get(name)).toBe('{}');
    expect(deletions.has(name)).toBe(false);
  });

  it('removes the change that comes after its row, and spares a new stream that was told that it counts', async () => {
    await using gateway = await GatewayUnderTest.start();
    const { log } = gateway;
    const streams = await log.table(STREAMS_TABLE);
    const comesAfter = async (old: Partial<StreamRow>, late: (row: StreamRow) => StreamRow) => {
      await gateway.addStream(DEMO, { ...old, version: 3 });
      const row: StreamRow = JSON.parse(streams.get(DEMO)!);
      await until(async () => (await statusOf(gateway, 'GET', '/api/streams/demo')) === 200);
      const deleteTopic = log.deleteTopic.bind(log);
      vi.spyOn(log, 'deleteTopic').mockImplementationOnce(async (stream) => {
        await streams.put(DEMO, JSON.stringify(late(row)));
        await deleteTopic(stream);
      });
      expect(await statusOf(gateway, 'DELETE', '/api/streams/demo')).toBe(204);
      return [...streams.entries()].map(([key]) => key);
    };
    for (const old of [{ incarnation: 'old' }, {}])
      expect(await comesAfter(old, (row) => changedRow(row, { ...row, title: 'Late' }))).toEqual([]);
    const anew = (row: StreamRow): StreamRow => ({ ...row, incarnation: 'new', version: 0 });
    expect(await comesAfter({ incarnation: 'older' }, anew)).toEqual([DEMO]);
    expect(await statusOf(gateway, 'GET', '/api/streams/demo')).toBe(200);
  });

  it('counts for a change that is on its way through another gateway', async () => {
    await using gateway = await GatewayUnderTest.start();
    await using other = await GatewayUnderTest.start({}, gateway);
    const streams = await gateway.log.table(STREAMS_TABLE);
    for (const [path, body] of [['', { version: 0, title: 'Late' }], ['/stop']] as const) {
      expect(await statusOf(gateway, 'POST', '/api/streams', { id: 'demo', source: { kind: 'test' } })).toBe(
        201,
      );
      const put = streams.put.bind(streams);
      let arrive = (): void => undefined;
      const underWay = new Promise<void>((isUnderWay) => {
        vi.spyOn(streams, 'put').mockImplementationOnce(async (key, value) => {
          isUnderWay();
          await new Promise<void>((now) => {
            arrive = now;
          });
          await put(key, value);
        });
      });
      const changing = statusOf(other, body ? 'PATCH' : 'POST', `/api/streams/demo${path}`, body);
      await underWay;
      expect(await statusOf(gateway, 'DELETE', '/api/streams/demo')).toBe(204);
      arrive();
      expect(await changing).toBe(404);
      for (const each of [gateway, other]) expect(await statusOf(each, 'GET', '/api/streams/demo')).toBe(404);
      // Somebody who opens the table later would believe it.
      expect(streams.get(DEMO)).toBeDefined();
      await until(() => streams.get(DEMO) === undefined);
    }
  });

  it('that the log interrupts is finished later, and the name is not free before', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await until(async () => (await statusOf(gateway, 'GET', '/api/streams/demo')) === 200);
    vi.spyOn(gateway.log, 'deleteTopic').mockRejectedValueOnce(new LogError('unavailable', 'away'));
    expect(await statusOf(gateway, 'DELETE', '/api/streams/demo')).toBe(204);
    expect(await statusOf(gateway, 'GET', '/api/streams/demo')).toBe(404);
    const again = { id: 'demo', source: { kind: 'test' } };
    expect(await statusOf(gateway, 'POST', '/api/streams', again)).toBe(409);
    expect(await gateway.log.topics()).toEqual([DEMO]);
    await until(async () => (await gateway.log.topics()).length === 0);
    await until(async () => (await statusOf(gateway, 'POST', '/api/streams', again)) === 201);
  });

  it('that died with its gateway is finished by the next one, and nothing else is deleted', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.log.createTopic(FOREIGN, { partitions: 1, retentionMs: milliseconds(600_000) });
    await gateway.closeGateway();
    const streams = await gateway.log.table(STREAMS_TABLE);
    await streams.put(deletionKey(DEMO), JSON.stringify({ at: new Date().toISOString() }));
    await gateway.startGateway();
    await until(async () => (await statusOf(gateway, 'GET', `/api/streams/${FOREIGN}`)) === 200);
    expect(await statusOf(gateway, 'GET', '/api/streams/demo')).toBe(404);
    await until(async () => [...streams.entries()].length === 0);
    expect(await gateway.log.topics()).toEqual([FOREIGN]);
    expect(await statusOf(gateway, 'GET', `/api/streams/${FOREIGN}`)).toBe(200);
  });
});
