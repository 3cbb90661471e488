import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type StreamId, topicOf } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { type Broker, kafkaUnavailable, startKafka } from '@topicast/test/kafka';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChunkLog, LogRecord, TailStart } from '../../chunk-log.js';
import { expectCode, filled, newStream, record, SETTINGS, sequences, take } from '../../testing/support.js';

const unavailable = kafkaUnavailable() ?? (process.env.KAFKA_BROKERS && 'KAFKA_BROKERS is not ours to hurt');
const hasKcat = spawnSync('kcat', ['-V']).status === 0;

describe.skipIf(unavailable)(
  `the reader on a real Kafka${unavailable ? ` (skipped: ${unavailable})` : ''}`,
  () => {
    const folder = temporaryFolder();
    const data = folder.path;
    const warnings: string[] = [];
    let broker: Broker;
    let log: ChunkLog;
    let admin: Admin;
    beforeAll(async () => {
      broker = await startKafka({ properties: { 'log.dirs': data } });
      const logger = pino({}, { write: (line: string) => void warnings.push(JSON.parse(line).msg) });
      log = await openKafkaLog({ brokers: [broker.brokers], logger });
      admin = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
    });
    afterAll(async () => {
      await admin?.disconnect();
      await log?.close();
      await broker?.stop();
      folder[Symbol.dispose]();
    });

    /** Appends one record after the other until it is stopped; then resolves with their number. */
    function keepWriting(stream: StreamId, rendition = 0): () => Promise<number> {
      let done = false;
      const writing = (async () => {
        let n = 0;
        for (; !done; n++) {
          await log.append(stream, rendition, [record(n)]);
          await delay(2);
        }
        return n;
      })();
      writing.catch(() => undefined);
      return () => {
        done = true;
        return writing;
      };
    }

    function keepReading(stream: StreamId, start: TailStart, rendition = 0) {
      const stop = new AbortController();
      const records: LogRecord[] = [];
      const ended = (async () => {
        for await (const batch of log.tail(stream, rendition, start, stop.signal)) records.push(...batch);
      })();
      ended.catch(() => undefined);
      return { records, ended, stop: () => stop.abort() };
    }

    const upTo = (count: number, from = 0): number[] =>
      Array.from({ length: count - from }, (_, n) => from + n);

    it('a topic deleted behind our back ends its tails, and no other', async () => {
      const [doomed, other] = [await filled(log, [record(0)]), await filled(log, [])];
      const endWriting = keepWriting(other);
      const reading = keepReading(other, { at: 'earliest' });
      const tails = [0, 0, 1].map((rendition) =>
        expectCode('unknown-topic', take(log, doomed, { at: 'live' }, 1, rendition)),
      );
      await delay(200);
      await admin.deleteTopics({ topics: [topicOf(doomed)] });
      await Promise.all(tails);
      await expectCode('unknown-topic', log.append(doomed, 0, [record(1)]));
      const count = await endWriting();
      await until('the other stream is read', () => reading.records.length === count);
      expect(sequences(reading.records)).toEqual(upTo(count));
      reading.stop();
      await reading.ended;
    });

    it('a topic that is deleted and created again is a new one: tails of the old one end, and writers and readers continue with the new one', async () => {
      const [reborn, other] = [
        await filled(
          log,
          upTo(5).map((n) => record(n)),
        ),
        await filled(log, []),
      ];
      const endWriting = keepWriting(other);
      const reading = keepReading(other, { at: 'earliest' });
      const old = keepReading(reborn, { at: 'earliest' });
      await until('the old topic is read', () => old.records.length === 5);
      await admin.deleteTopics({ topics: [topicOf(reborn)] });
      await until('its name is free', async () => {
        await admin.createTopics({ topics: [{ topic: topicOf(reborn), numPartitions: 3 }] });
        return true;
      });
      // More records than the old topic had, so that an offset alone does not tell them apart.
      for (let n = 100; n < 110; n++) await log.append(reborn, 0, [record(n)]);
      await expectCode('unknown-topic', old.ended);
      expect(sequences(old.records)).toEqual(upTo(5));
      expect(sequences(await take(log, reborn, { at: 'earliest' }, 10))).toEqual(upTo(110, 100));
      await log.append(reborn, 2, [record(7)]);
      const count = await endWriting();
      await until('the other stream is read', () => reading.records.length === count);
      expect(sequences(reading.records)).toEqual(upTo(count));
      reading.stop();
    });

    it('tails that come and go while records flow get exactly their records, in order', async () => {
      const streams = await Promise.all(Array.from({ length: 4 }, () => filled(log, [])));
      const writers = streams.flatMap((stream) => [0, 1].map((rendition) => keepWriting(stream, rendition)));
      const finished: { start: TailStart; records: LogRecord[] }[] = [];
      const lasting = streams.map((stream) => keepReading(stream, { at: 'earliest' }));
      for (let round = 0; round < 40; round++) {
        const stream = streams[round % streams.length]!;
        const starts: TailStart[] = [
          { at: 'earliest' },
          { at: 'live' },
          { at: 'offset', offset: round * 3 },
          { at: 'offset', offset: 1_000_000 },
        ];
        const opened = starts.map((start, n) => ({ start, ...keepReading(stream, start, n % 2) }));
        await delay((round * 7) % 60);
        if (round % 3 === 0) {
          await until('each has got something', () => opened.every(({ records }) => records.length > 0));
        }
        for (const { stop } of opened) stop();
        await Promise.all(opened.map(({ ended }) => ended));
        finished.push(...opened);
      }
      const counts = await Promise.all(writers.map((end) => end()));
      for (const { start, records } of finished) {
        const first = records[0]?.offset ?? 0;
        if (start.at === 'earliest') expect(first).toBe(0);
        if (start.at === 'offset') expect(first).toBeLessThanOrEqual(start.offset);
        expect(records.map(({ offset }) => offset)).toEqual(upTo(first + records.length, first));
        expect(sequences(records)).toEqual(records.map(({ offset }) => offset));
      }
      for (const [n, { records, stop }] of lasting.entries()) {
        await until('all is read', () => records.length === counts[n * 2]);
        expect(sequences(records)).toEqual(upTo(counts[n * 2]!));
        stop();
      }
    });

    it('a stream that pauses and continues is followed all the way, beside one that never pauses', async () => {
      const [resting, other] = [await filled(log, []), await filled(log, [])];
      const endWriting = keepWriting(other);
      const readings = [resting, other].map((stream) => keepReading(stream, { at: 'earliest' }));
      for (let burst = 0; burst < 3; burst++) {
        // Longer than it takes until a topic counts as quiet.
        if (burst > 0) await delay(4500);
        for (let n = burst * 50; n < (burst + 1) * 50; n++) await log.append(resting, 0, [record(n)]);
      }
      const counts = [150, await endWriting()];
      for (const [n, { records, stop }] of readings.entries()) {
        await until('all is read', () => records.length === counts[n]);
        expect(sequences(records)).toEqual(upTo(counts[n]!));
        stop();
      }
    });

    it('a broker that is restarted takes all tails along again', async () => {
      const streams = await Promise.all(Array.from({ length: 6 }, () => filled(log, [record(0)])));
      const readings = streams.map((stream) => keepReading(stream, { at: 'earliest' }));
      await until('all are read', () => readings.every(({ records }) => records.length === 1));
      await broker.kill();
      await broker.restart();
      for (const stream of streams) {
        await until('it can be written', () => log.append(stream, 0, [record(1)]).then(() => true));
      }
      await until('all are read', () => readings.every(({ records }) => records.length >= 2));
      for (const { records, stop } of readings) {
        expect(records.slice(0, 2).map(({ offset }) => offset)).toEqual([0, 1]);
        stop();
      }
    });

    it('a batch that is damaged on the disk is skipped and reported, and the batches around it are read', async () => {
      const stream = await filled(log, []);
      for (let n = 0; n < 9; n += 3)
        await log.append(
          stream,
          0,
          upTo(n + 3, n).map((each) => record(each)),
        );
      const live = keepReading(stream, { at: 'live' });
      await damageBatch(join(data, `${topicOf(stream)}-0`), 1, 100);
      const expected = [0, 1, 2, 6, 7, 8];
      expect(sequences(await take(log, stream, { at: 'earliest' }, 6))).toEqual(expected);
      expect(sequences(await take(log, stream, { at: 'offset', offset: 4 }, 3))).toEqual([6, 7, 8]);
      expect(warnings.join()).toContain(`"${topicOf(stream)}", partition 0: the batch at offset`);
      await log.append(stream, 0, [record(9)]);
      await until('the live tail goes on', () => live.records.length === 1);
      live.stop();
    });

    it('damage in a batch that its broker still gives, or calls damaged, costs that one and at most a few behind it', async () => {
      // Offset (both ends), the first byte of the length (negative: the broker calls it damaged), checksum, last offset,
      // count, a record. With the other bytes of the length, or the magic, the broker gives nothing from there on.
      for (const at of [3, 7, 8, 17, 23, 57, 100]) {
        const stream = await filled(log, []);
        for (let n = 0; n < 9; n++) await log.append(stream, 0, [record(n, {}, 188 * 20)]);
        await damageBatch(join(data, `${topicOf(stream)}-0`), 4, at);
        const read = keepReading(stream, { at: 'earliest' });
        const since = keepReading(stream, { at: 'time', time: milliseconds(0) });
        await until('the tail has passed the damage', () => read.records.at(-1)?.offset === 8);
        expect(sequences(read.records.slice(0, 4))).toEqual(upTo(4));
        expect(sequences(read.records)).toEqual(
          sequences(read.records.toSorted((a, b) => a.offset - b.offset)),
        );
        expect(read.records.length).toBeGreaterThanOrEqual(6);
        expect(read.records.length).toBeLessThanOrEqual(8);
        await until('it goes on', async () => {
          await log.append(stream, 0, [record(9, {}, 188 * 20)]);
          return [read, since].every(({ records }) => records.at(-1)?.header?.sequence === 9);
        });
        for (const { stop } of [read, since]) stop();
      }
    });

    it('damage in a table costs that row, and in events that event', async () => {
      const [table, events] = [newStream(), newStream()];
      const retention = { retentionMs: SETTINGS.retentionMs };
      const writing = await log.table(table);
      const topic = await log.eventTopic(events, retention);
      for (const key of ['a', 'b', 'c']) {
        await writing.put(key, '1');
        await topic.append([{ key, json: '{}' }]);
      }
      await writing.put('b', '2');
      // A row takes 9 bytes after the 61 of its batch.
      await damageBatch(join(data, `${table}-0`), 2, 68);
      await damageBatch(join(data, `events.${events}-0`), 1, 68);
      const elsewhere = await openKafkaLog({ brokers: [broker.brokers] });
      const read = await elsewhere.table(table);
      expect([...read.entries()].sort()).toEqual([
        ['a', '1'],
        ['b', '2'],
      ]);
      await read.put('c', '3');
      await expect.poll(() => writing.get('c')).toBe('3');
      const stop = new AbortController();
      const keys: (string | undefined)[] = [];
      for await (const records of (await elsewhere.eventTopic(events, retention)).tail(
        { at: 'earliest' },
        stop.signal,
      )) {
        keys.push(...records.map(({ key }) => key));
        if (keys.length === 2) stop.abort();
      }
      expect(keys).toEqual(['a', 'c']);
      await elsewhere.close();
    });

    it.skipIf(!hasKcat)('reads what librdkafka compresses, in each way it knows', async () => {
      const text = 'a line of text that is worth compressing, for it is long, long, long, long, long\n';
      for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
        const stream = await filled(log, []);
        const options = ['-z', codec, '-X', 'linger.ms=200'];
        const kcat = spawn('kcat', [
          '-P',
          '-b',
          broker.brokers,
          '-t',
          topicOf(stream),
          '-p',
          '0',
          ...options,
        ]);
        kcat.stdin.end(text.repeat(3000));
        await once(kcat, 'close');
        const read = await take(log, stream, { at: 'earliest' }, 3000);
        expect(read).toHaveLength(3000);
        expect(new Set(read.map(({ value }) => Buffer.from(value).toString()))).toEqual(
          new Set([text.trim()]),
        );
      }
    });

    it.skipIf(!hasKcat)('what we compress is read by us and by librdkafka', async () => {
      for (const compression of ['gzip', 'snappy', 'lz4'] as const) {
        const writer = await openKafkaLog({ brokers: [broker.brokers], compression });
        const stream = newStream();
        await writer.createTopic(stream, SETTINGS);
        const records = upTo(3).map((n) => record(n, {}, 100_000));
        await writer.append(stream, 0, records);
        await writer.close();
        const read = await take(log, stream, { at: 'earliest' }, 3);
        expect(read.every(({ value }, n) => Buffer.compare(value, records[n]!.value) === 0)).toBe(true);
        expect((await log.bounds(stream, 0)).next).toBe(3);
        const args = ['-q', '-C', '-b', broker.brokers, '-t', topicOf(stream), '-p', '0', '-e', '-D', ''];
        const { stdout } = spawnSync('kcat', args, { maxBuffer: 1 << 24 });
        expect(stdout.equals(Buffer.concat(records.map(({ value }) => value)))).toBe(true);
      }
    });
  },
);

/** Change a byte of a batch in a partition's log, by its number. The broker reads it through the same page cache. */
async function damageBatch(folder: string, batch: number, at: number): Promise<void> {
  const file = await open(join(folder, readdirSync(folder).find((name) => name.endsWith('.log'))!), 'r+');
  try {
    const bytes = await file.readFile();
    let begin = 0;
    for (let n = 0; n < batch; n++) begin += 12 + bytes.readInt32BE(begin + 8);
    await file.write(Buffer.of(bytes[begin + at]! ^ 0xff), 0, 1, begin + at);
  } finally {
    await file.close();
  }
}
