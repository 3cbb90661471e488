import { type StreamId, topicOf } from '@topicast/contracts/stream-id';
import { type Broker, kafkaUnavailable, startKafka } from '@topicast/test/kafka';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ChunkLog } from '../chunk-log.js';
import { openEvents } from '../events.js';
import { describeChunkLog } from '../testing/contract.js';
import { expectCode, gops, newStream, record, SETTINGS, sequences, take } from '../testing/support.js';

const reason = kafkaUnavailable();

describe.skipIf(reason)(`on a real Kafka${reason ? ` (${reason})` : ''}`, () => {
  let broker: Broker;
  let log: ChunkLog;
  const brokers = (): string[] => broker.brokers.split(',');
  beforeAll(async () => {
    broker = await startKafka();
    log = await openKafkaLog({ brokers: brokers() });
  });
  afterAll(async () => {
    await log?.close();
    await broker?.stop();
  });

  describeChunkLog('kafka', () => openKafkaLog({ brokers: brokers() }));

  /** Like anybody's plain program. */
  async function produce(topic: string, values: readonly (string | Buffer)[], key?: string): Promise<void> {
    const kafka = new Kafka({ brokers: brokers(), logLevel: logLevel.NOTHING });
    const producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    await producer.send({ topic, messages: values.map((value) => ({ value, key: key ?? null })) });
    await producer.disconnect();
  }

  async function emptyStream(partitions: number): Promise<StreamId> {
    const stream = newStream();
    await log.createTopic(stream, { ...SETTINGS, partitions });
    return stream;
  }

  it('records of a plain producer are read, without a header, and a viewer joins in the last seconds', async () => {
    const stream = await emptyStream(1);
    const values = ['a', 'b', 'c'].map((text) => Buffer.from(text.repeat(1024)));
    await produce(topicOf(stream), values);
    for (const at of ['earliest', 'keyframe'] as const) {
      const read = await take(log, stream, { at }, 3);
      expect(read.map(({ header, offset }) => [header, offset])).toEqual(
        [0, 1, 2].map((n) => [undefined, n]),
      );
      expect(read.map(({ value }) => Buffer.from(value))).toEqual(values);
      expect(Math.abs(read[0]!.timestamp - Date.now())).toBeLessThan(60_000);
    }
  });

  it('a plain consumer gets pure values, and one header', async () => {
    const stream = await emptyStream(1);
    const written = gops(3, 3);
    await log.append(stream, 0, written);
    const consumer = new Kafka({ brokers: brokers(), logLevel: logLevel.NOTHING }).consumer({
      groupId: stream,
    });
    await consumer.connect();
    await consumer.subscribe({ topic: topicOf(stream), fromBeginning: true });
    const read: [Buffer | null, string[]][] = [];
    await consumer.run({
      eachMessage: async ({ message }) => void read.push([message.value, Object.keys(message.headers ?? {})]),
    });
    await expect.poll(() => read.length, { timeout: 30_000 }).toBe(3);
    await consumer.disconnect();
    expect(read).toEqual(written.map(({ value }) => [Buffer.from(value), ['t']]));
  });

  it('a topic made elsewhere is a stream, and one deleted elsewhere ends its tails', async () => {
    const stream = newStream();
    const admin = new Kafka({ brokers: brokers(), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic: topicOf(stream), numPartitions: 1 }],
      waitForLeaders: true,
    });
    expect(await log.topics()).toContain(stream);
    await log.append(stream, 0, [record(0)]);
    const ended = expectCode('unknown-topic', take(log, stream, { at: 'earliest' }, 2));
    await admin.deleteTopics({ topics: [topicOf(stream)] });
    await ended;
    await expectCode('unknown-topic', log.append(stream, 0, [record(1)]));
    await admin.disconnect();
  });

  it('many tails of many streams share one loop, and each begins at once', async () => {
    const streams = await Promise.all(Array.from({ length: 12 }, () => emptyStream(2)));
    const readings = streams.flatMap((stream) =>
      [0, 1].map((rendition) => take(log, stream, { at: 'earliest' }, 50, rendition)),
    );
    await Promise.all(
      streams.flatMap((stream) =>
        [0, 1].map(async (rendition) => {
          for (let n = 0; n < 50; n += 2) await log.append(stream, rendition, [record(n), record(n + 1)]);
        }),
      ),
    );
    for (const reading of readings) {
      expect(sequences(await reading)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    }
  });

  it('a process finds the partitions that another one adds', async () => {
    const stream = await emptyStream(1);
    const elsewhere = await openKafkaLog({ brokers: brokers() });
    expect(await elsewhere.ends([stream])).toEqual(new Map([[stream, [0]]]));
    await expectCode('invalid', take(elsewhere, stream, { at: 'live' }, 1, 2));
    await log.createTopic(stream, { ...SETTINGS, partitions: 3 });
    const reading = take(elsewhere, stream, { at: 'earliest' }, 2, 2);
    await elsewhere.append(stream, 2, [record(1), record(2)]);
    expect(sequences(await reading)).toEqual([1, 2]);
    await elsewhere.close();
  });

  it('plain programs can write and read events, and anything else that they write is counted', async () => {
    const name = `plain.${newStream()}`;
    const schema = z.object({ viewers: z.number() });
    const events = await openEvents(log, { name, schema, retentionMs: SETTINGS.retentionMs });
    await events.append([{ key: 'film', event: { viewers: 1 } }]);
    await produce(
      `events.${name}`,
      ['{"viewers":2}', '{"viewers":', '{"viewers":"3"}', '{"viewers":4}'],
      'film',
    );
    const read: unknown[] = [];
    const stop = new AbortController();
    for await (const batch of events.tail({ at: 'earliest' }, stop.signal)) {
      read.push(...batch.map(({ offset, key, event }) => [offset, key, event.viewers]));
      if (read.length === 3) stop.abort();
    }
    expect(read).toEqual([
      [0, 'film', 1],
      [1, 'film', 2],
      [4, 'film', 4],
    ]);
    expect(events.damaged).toBe(2);
    await expectCode('invalid', log.table(`events.${name}`));
  });

  it('a table shows every process what any of them has written, before or after it was opened', async () => {
    const name = newStream();
    const here = await log.table(name);
    await Promise.all(Array.from({ length: 40 }, (_, n) => here.put(`key ${n % 8}`, String(n))));
    await here.delete('key 0');
    const elsewhere = await openKafkaLog({ brokers: brokers() });
    const there = await elsewhere.table(name);
    expect([...there.entries()].sort()).toEqual(
      Array.from({ length: 7 }, (_, n) => [`key ${n + 1}`, String(33 + n)]),
    );
    await there.put('key 0', 'again');
    await expect.poll(() => here.get('key 0')).toBe('again');
    await elsewhere.close();
  });

  it('a table that goes away under its reader is told of once, and the log is not ready', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
    const own = await openKafkaLog({ brokers: brokers(), logger });
    const name = newStream();
    const table = await own.table(name);
    await table.put('a', '1');
    await own.ping();
    const admin = new Kafka({ brokers: brokers(), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [name] });
    await admin.disconnect();
    await expect.poll(() => lines.length, { timeout: 30_000 }).toBe(1);
    expect(lines[0]).toContain(name);
    await expectCode('invalid', own.ping());
    await expectCode('unknown-topic', table.put('a', '2'));
    // Another request returns another table.
    const anew = await own.table(name);
    await anew.put('a', '3');
    expect(anew.get('a')).toBe('3');
    expect(table.get('a')).toBe('1');
    await own.close();
    expect(lines.length).toBe(1);
  });

  it('keys are in the partitions where other clients look for them', async () => {
    const table = await log.table('topicast.streams');
    for (const key of ['demo', 'camera-2', 'ä']) {
      await produce('topicast.streams', ['theirs'], key);
      await expect.poll(() => table.get(key)).toBe('theirs');
      await table.put(key, 'ours');
      await produce('topicast.streams', ['theirs again'], key);
      await expect.poll(() => table.get(key)).toBe('theirs again');
      await table.delete(key);
      expect(table.get(key)).toBeUndefined();
    }
    await expectCode('invalid', log.table('live.demo'));
  });

  it('a malformed address is refused', async () => {
    await expectCode('invalid', openKafkaLog({ brokers: ['localhost'] }));
    await expectCode('invalid', openKafkaLog({ brokers: [] }));
  });
});
