import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import { milliseconds, ticks90k } from '@topicast/contracts/units';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ChunkLog,
  LogError,
  type LogErrorCode,
  type LogRecord,
  type NewRecord,
  type TailStart,
  type TopicSettings,
} from './chunk-log.js';

export const SETTINGS: TopicSettings = { partitions: 2, retentionMs: milliseconds(3_600_000) };

let streams = 0;
/** A stream id that no other test uses. */
export const newStream = (): StreamId => streamId(`t-${process.pid}-${Date.now().toString(36)}-${streams++}`);

export function header(sequence: number, fields: Partial<ChunkHeader> = {}): ChunkHeader {
  return {
    keyframe: false,
    discontinuity: false,
    audioOnly: false,
    sinceKeyframe: 0,
    sequence,
    session: 1_763_000_000_000,
    decodeTime: ticks90k(sequence * 3000),
    wallClock: milliseconds(1_763_000_000_000 + sequence * 33.125),
    presentationOffset: ticks90k(0),
    ...fields,
  };
}

export function record(sequence: number, fields: Partial<ChunkHeader> = {}, sizeBytes = 376): NewRecord {
  const value = new Uint8Array(sizeBytes).fill(sequence % 251);
  value[0] = 0x47;
  return { header: header(sequence, fields), value };
}

/** Chunks numbered from 0 with a keyframe every `gop`. */
export const gops = (count: number, gop: number): NewRecord[] =>
  Array.from({ length: count }, (_, n) => record(n, { keyframe: n % gop === 0, sinceKeyframe: n % gop }));

/** Read until `count` records have come. */
export async function take(
  log: ChunkLog,
  stream: StreamId,
  start: TailStart,
  count: number,
  rendition = 0,
): Promise<LogRecord[]> {
  const stop = new AbortController();
  const records: LogRecord[] = [];
  for await (const batch of log.tail(stream, rendition, start, stop.signal)) {
    records.push(...batch);
    if (records.length >= count) stop.abort();
  }
  return records;
}

export const sequences = (records: readonly LogRecord[]): (number | undefined)[] =>
  records.map((each) => each.header?.sequence);

export async function expectCode(code: LogErrorCode, promise: Promise<unknown>): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LogError);
  expect((error as LogError).code).toBe(code);
}

/** What every implementation of `ChunkLog` must do. `open` makes a log that nobody else has open. */
export function describeChunkLog(name: string, open: () => Promise<ChunkLog>): void {
  describe(`${name}: the contract of ChunkLog`, () => {
    let log: ChunkLog;
    beforeAll(async () => {
      log = await open();
    });
    afterAll(async () => {
      await log?.close();
    });

    async function filled(records: readonly NewRecord[], settings = SETTINGS): Promise<StreamId> {
      const stream = newStream();
      await log.createTopic(stream, settings);
      if (records.length > 0) await log.append(stream, 0, records);
      return stream;
    }

    describe('append and read', () => {
      it('keeps order, bytes and headers', async () => {
        const records = gops(20, 5);
        const stream = await filled([]);
        expect(await log.append(stream, 0, records.slice(0, 7))).toBe(0);
        expect(await log.append(stream, 0, records.slice(7))).toBe(7);
        const read = await take(log, stream, { at: 'earliest' }, 20);
        expect(read.map(({ offset }) => offset)).toEqual(records.map((_, n) => n));
        expect(read.map((each) => each.header)).toEqual(records.map((each) => each.header));
        expect(read.every((each, n) => Buffer.compare(each.value, records[n]!.value) === 0)).toBe(true);
        expect(Math.abs(read[0]!.timestamp - Date.now())).toBeLessThan(60_000);
      });

      it('keeps the renditions apart', async () => {
        const stream = await filled([]);
        await log.append(stream, 0, [record(1)]);
        await log.append(stream, 1, [record(2), record(3)]);
        expect(sequences(await take(log, stream, { at: 'earliest' }, 1, 0))).toEqual([1]);
        expect(sequences(await take(log, stream, { at: 'earliest' }, 2, 1))).toEqual([2, 3]);
      });

      it('carries keyframe chunks of two megabytes', async () => {
        const big = record(0, { keyframe: true }, 188 * 11_000);
        const stream = await filled([big, record(1)]);
        const read = await take(log, stream, { at: 'earliest' }, 2);
        expect(read[0]!.value.byteLength).toBe(big.value.byteLength);
        expect(Buffer.compare(read[0]!.value, big.value)).toBe(0);
        expect(sequences(read)).toEqual([0, 1]);
      });

      it('gives values that later reads leave alone', async () => {
        const stream = await filled([record(1), record(2)]);
        const [first] = await take(log, stream, { at: 'earliest' }, 2);
        const copy = Buffer.from(first!.value);
        await take(log, stream, { at: 'offset', offset: 1 }, 1);
        expect(Buffer.compare(first!.value, copy)).toBe(0);
      });

      it('reads back any appends from any offset', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(
              fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { minLength: 1, maxLength: 6 }),
              {
                minLength: 1,
                maxLength: 8,
              },
            ),
            fc.nat(),
            async (appends, anyOffset) => {
              const stream = await filled([]);
              const values = appends.flat();
              let sequence = 0;
              for (const append of appends) {
                await log.append(
                  stream,
                  0,
                  append.map((value) => ({ header: header(sequence++), value })),
                );
              }
              const from = anyOffset % values.length;
              const read = await take(log, stream, { at: 'offset', offset: from }, values.length - from);
              expect(read.map(({ offset, value }) => [offset, Buffer.from(value).toString('hex')])).toEqual(
                values.slice(from).map((value, n) => [from + n, Buffer.from(value).toString('hex')]),
              );
              await log.deleteTopic(stream);
            },
          ),
          { numRuns: 20 },
        );
      });
    });

    describe('where a tail begins', () => {
      it('offset: clamped to what is there', async () => {
        const stream = await filled(gops(6, 3));
        expect(sequences(await take(log, stream, { at: 'offset', offset: 4 }, 2))).toEqual([4, 5]);
        const beyond = take(log, stream, { at: 'offset', offset: 1000 }, 1);
        const live = await appendUntil(log, stream, beyond, 100);
        expect(live[0]!.offset).toBeGreaterThanOrEqual(6);
      });

      it('keyframe: the newest, by the hint', async () => {
        const stream = await filled(gops(14, 5));
        expect(sequences(await take(log, stream, { at: 'keyframe' }, 4))).toEqual([10, 11, 12, 13]);
      });

      it('keyframe: the newest, where the hint misleads', async () => {
        // A repeated batch moves the keyframe away from where the count points.
        const records = gops(9, 4);
        const stream = await filled([...records.slice(0, 6), ...records.slice(2, 8)]);
        expect(sequences(await take(log, stream, { at: 'keyframe' }, 4))).toEqual([4, 5, 6, 7]);
        // A lost half of a group of pictures lets it point before the keyframe.
        const lossy = await filled([...records.slice(0, 5), record(7, { sinceKeyframe: 3 })]);
        expect(sequences(await take(log, lossy, { at: 'keyframe' }, 2))).toEqual([4, 7]);
      });

      it('keyframe: whatever comes next where there is none', async () => {
        for (const before of [[], [record(1, { sinceKeyframe: 1 }), record(2, { sinceKeyframe: 2 })]]) {
          const stream = await filled(before);
          const reading = take(log, stream, { at: 'keyframe' }, 1);
          const read = await appendUntil(log, stream, reading, 100);
          expect(read[0]!.offset).toBeGreaterThanOrEqual(before.length);
        }
      });

      it('time: the first that is not older', async () => {
        const stream = await filled([record(0), record(1)]);
        const [, second] = await take(log, stream, { at: 'earliest' }, 2);
        await new Promise((resolve) => setTimeout(resolve, 30));
        await log.append(stream, 0, [record(2), record(3)]);
        const time = milliseconds(second!.timestamp + 1);
        expect(sequences(await take(log, stream, { at: 'time', time }, 2))).toEqual([2, 3]);
        const long = milliseconds(0);
        expect(sequences(await take(log, stream, { at: 'time', time: long }, 4))).toEqual([0, 1, 2, 3]);
        const read = await appendUntil(log, stream, take(log, stream, futureStart(), 1), 100);
        expect(read[0]!.offset).toBeGreaterThanOrEqual(4);
      });

      it('live: nothing that was there before', async () => {
        const stream = await filled(gops(5, 5));
        const read = await appendUntil(log, stream, take(log, stream, { at: 'live' }, 1), 100);
        expect(read[0]!.offset).toBeGreaterThanOrEqual(5);
      });
    });

    describe('a tail', () => {
      it('gets each record soon after it is appended, in order', async () => {
        const stream = await filled([record(0)]);
        const stop = new AbortController();
        const delays: number[] = [];
        const sent = new Map<number, number>();
        const seen: number[] = [];
        const reading = (async () => {
          for await (const batch of log.tail(stream, 0, { at: 'earliest' }, stop.signal)) {
            for (const { header } of batch) {
              seen.push(header!.sequence);
              const at = sent.get(header!.sequence);
              if (at !== undefined) delays.push(performance.now() - at);
            }
            if (seen.length >= 61) stop.abort();
          }
        })();
        for (let n = 1; n <= 60; n++) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          sent.set(n, performance.now());
          await log.append(stream, 0, [record(n, {}, 12_500)]);
        }
        await reading;
        expect(seen).toEqual(Array.from({ length: 61 }, (_, n) => n));
        // Far above what it takes (see the bench), and far below what polling would.
        expect(delays.sort((a, b) => a - b)[30]).toBeLessThan(60);
      });

      it('ends when its signal says so, even while it waits, and before it began', async () => {
        const stream = await filled([]);
        const stop = new AbortController();
        const reading = (async () => {
          for await (const _ of log.tail(stream, 0, { at: 'live' }, stop.signal))
            throw new Error('nothing was sent');
        })();
        await new Promise((resolve) => setTimeout(resolve, 50));
        stop.abort();
        await reading;
        for await (const _ of log.tail(stream, 0, { at: 'earliest' }, AbortSignal.abort()))
          throw new Error('aborted');
      });

      it('shares a partition with others that are elsewhere in it', async () => {
        const stream = await filled(gops(10, 5));
        const starts = [0, 4, 9, 10];
        const readings = starts.map((offset) => take(log, stream, { at: 'offset', offset }, 30 - offset));
        for (let n = 10; n < 30; n++) {
          await log.append(stream, 0, [record(n)]);
          if (n % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
        }
        for (const [index, from] of starts.entries()) {
          expect(sequences(await readings[index]!)).toEqual(
            Array.from({ length: 30 - from }, (_, n) => from + n),
          );
        }
      });

      it('does not hold up others, nor appends, when nobody takes from it', async () => {
        const stream = await filled([record(0)]);
        const stop = new AbortController();
        const lazy = log.tail(stream, 0, { at: 'earliest' }, stop.signal)[Symbol.asyncIterator]();
        await lazy.next();
        for (let n = 1; n <= 60; n++) await log.append(stream, 0, [record(n, {}, 188 * 1000)]);
        expect(sequences(await take(log, stream, { at: 'earliest' }, 61)).at(-1)).toBe(60);
        const rest: (number | undefined)[] = [];
        while (rest.length < 60) rest.push(...sequences((await lazy.next()).value ?? []));
        expect(rest).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
        stop.abort();
        expect((await lazy.next()).done).toBe(true);
      });
    });

    describe('topics', () => {
      it('are listed, made once, and stay as they are when made again', async () => {
        const stream = await filled([record(0)]);
        await log.createTopic(stream, { ...SETTINGS, partitions: 1 });
        await log.append(stream, 1, [record(1)]);
        expect(await log.topics()).toContain(stream);
        expect(await log.bounds(stream, 0)).toEqual({ earliest: 0, next: 1 });
      });

      it('end their tails when they are deleted, and can be made again at once', async () => {
        const stream = await filled(gops(3, 3));
        const ended = take(log, stream, { at: 'earliest' }, 1000);
        await Promise.all([log.deleteTopic(stream), expectCode('unknown-topic', ended)]);
        expect(await log.topics()).not.toContain(stream);
        await log.createTopic(stream, SETTINGS);
        expect(await log.bounds(stream, 0)).toEqual({ earliest: 0, next: 0 });
        await log.append(stream, 0, [record(77)]);
        expect(sequences(await take(log, stream, { at: 'earliest' }, 1))).toEqual([77]);
        await log.deleteTopic(stream);
        await log.deleteTopic(stream);
      });

      it('that are not there are said to be unknown', async () => {
        const stream = newStream();
        await expectCode('unknown-topic', log.append(stream, 0, [record(0)]));
        await expectCode('unknown-topic', log.bounds(stream, 0));
        await expectCode('unknown-topic', take(log, stream, { at: 'live' }, 1));
      });

      it('refuse what cannot be', async () => {
        const stream = await filled([]);
        for (const rendition of [2, -1, 0.5]) {
          await expectCode('invalid', log.append(stream, rendition, [record(0)]));
          await expectCode('invalid', log.bounds(stream, rendition));
          await expectCode('invalid', take(log, stream, { at: 'live' }, 1, rendition));
        }
        await expectCode('invalid', log.append(stream, 0, []));
        await expectCode('invalid', log.append(stream, 0, [record(0, {}, 5 * 1024 * 1024)]));
        await expectCode('invalid', log.append(stream, 0, [record(0, { session: -1 })]));
        await expectCode('invalid', log.createTopic(newStream(), { ...SETTINGS, partitions: 0 }));
        expect(await log.bounds(stream, 0)).toEqual({ earliest: 0, next: 0 });
      });

      it('forget what is older than the retention, and never use an offset again', {
        timeout: 120_000,
      }, async () => {
        const stream = await filled(gops(10, 5), { partitions: 1, retentionMs: milliseconds(2_000) });
        await expect
          .poll(() => log.bounds(stream, 0), { timeout: 100_000 })
          .toEqual({ earliest: 10, next: 10 });
        expect(await log.append(stream, 0, [record(10)])).toBe(10);
        const [read] = await take(log, stream, { at: 'offset', offset: 3 }, 1);
        expect(read).toMatchObject({ offset: 10, header: { sequence: 10 } });
      });
    });

    describe('tables', () => {
      it('show what was put, tell it once, and forget what was deleted', async () => {
        const table = await log.table(`contract-${newStream()}`);
        const changes: [string, string | undefined][] = [];
        const end = table.onChange((key, value) => changes.push([key, value]));
        await table.put('a', '1');
        expect(table.get('a')).toBe('1');
        await Promise.all([table.put('a', '2'), table.put('b', 'ü'), table.put('a', '3')]);
        expect([...table.entries()].sort()).toEqual([
          ['a', '3'],
          ['b', 'ü'],
        ]);
        await table.delete('a');
        await table.delete('never there');
        expect(table.get('a')).toBeUndefined();
        expect(changes.filter(([key]) => key === 'a')).toEqual([
          ['a', '1'],
          ['a', '2'],
          ['a', '3'],
          ['a', undefined],
        ]);
        end();
        await table.put('c', '1');
        expect(changes.some(([key]) => key === 'c')).toBe(false);
      });

      it('are one object for one name, and refuse names that cannot be', async () => {
        const name = `contract-${newStream()}`;
        const [one, two] = await Promise.all([log.table(name), log.table(name)]);
        expect(one).toBe(two);
        await expectCode('invalid', log.table('../etc'));
      });
    });

    it('answers a ping, and says that it is closed when it is', async () => {
      const other = await open();
      await other.ping();
      const stream = newStream();
      await other.createTopic(stream, SETTINGS);
      const table = await other.table(`contract-${stream}`);
      const reading = take(other, stream, { at: 'live' }, 1);
      const ended = expectCode('closed', reading);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await Promise.all([other.close(), other.close()]);
      await ended;
      await expectCode('closed', other.ping());
      await expectCode('closed', other.append(stream, 0, [record(0)]));
      await expectCode('closed', take(other, stream, { at: 'live' }, 1));
      await expectCode('closed', other.table('another'));
      await expectCode('closed', table.put('a', '1'));
    });
  });
}

const futureStart = (): TailStart => ({ at: 'time', time: milliseconds(Date.now() + 3_600_000) });

/** Append now and then until a tail that begins at the live edge has got what it waits for. */
async function appendUntil(
  log: ChunkLog,
  stream: StreamId,
  reading: Promise<LogRecord[]>,
  from: number,
): Promise<LogRecord[]> {
  let done = false;
  const finished = reading.finally(() => {
    done = true;
  });
  for (let n = from; !done; n++) {
    await log.append(stream, 0, [record(n)]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return finished;
}
