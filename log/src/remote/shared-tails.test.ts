import { setTimeout as sleep } from 'node:timers/promises';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { temporaryFolder } from '@topicast/test/temporary';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ChunkLog, TailStart } from '../chunk-log.js';
import { openEmbeddedLog } from '../embedded/index.js';
import { record } from '../testing/support.js';
import { decodeRecords, encodeRecords, recordsFrom } from './records.js';
import { SharedTails } from './shared-tails.js';

const folder = temporaryFolder();
let log: ChunkLog;
let streams = 0;

beforeAll(async () => {
  log = await openEmbeddedLog({ directory: folder.path });
});
afterAll(async () => {
  await log.close();
  folder[Symbol.dispose]();
});

const SETTINGS = { partitions: 1, retentionMs: milliseconds(3_600_000) };

async function newStream(): Promise<StreamId> {
  const stream = streamId(`s${streams++}`);
  await log.createTopic(stream, SETTINGS);
  return stream;
}

/** Appends records, several at a time, with a turn of the loop after each. */
async function publish(stream: StreamId, sizes: readonly number[], packets = 1): Promise<void> {
  let { next } = await log.bounds(stream, 0);
  for (const size of sizes) {
    const records = Array.from({ length: size }, (_, n) =>
      record(next + n, { keyframe: (next + n) % 10 === 0 }, 188 * packets),
    );
    await log.append(stream, 0, records);
    next += size;
    await sleep(0);
  }
}

/** Offsets as they come, up to and including `last`. `pause` says how long to wait after each batch. */
async function follow(
  tails: SharedTails,
  stream: StreamId,
  start: TailStart,
  last: number,
  pause: (batch: number) => number = () => 0,
): Promise<number[]> {
  const offsets: number[] = [];
  const stop = new AbortController();
  let batches = 0;
  for await (const bytes of tails.follow({ stream, rendition: 0, start }, stop.signal)) {
    offsets.push(...decodeRecords(bytes).map(({ offset }) => offset));
    if (offsets.at(-1)! >= last) stop.abort();
    const ms = pause(batches++);
    if (ms > 0) await sleep(ms);
  }
  return offsets;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

it('every follower gets every record once and in order, wherever it starts and however fast it reads', async () => {
  const size = fc.integer({ min: 1, max: 4 });
  const follower = fc.record({
    at: fc.nat(40),
    from: fc.nat(100),
    pauses: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 10 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(size, { minLength: 1, maxLength: 20 }),
      fc.array(size, { minLength: 20, maxLength: 60 }),
      fc.array(follower, { minLength: 1, maxLength: 6 }),
      async (before, after, followers) => {
        const tails = new SharedTails(log);
        const stream = await newStream();
        await publish(stream, before);
        const known = before.reduce((sum, each) => sum + each, 0);
        const last = known + after.reduce((sum, each) => sum + each, 0) - 1;
        const readings = followers.map(async ({ at, from, pauses }) => {
          await sleep(at);
          const offset = from % known;
          const offsets = await follow(tails, stream, { at: 'offset', offset }, last, (n) => pauses[n] ?? 0);
          expect(offsets).toEqual(range(offset, last + 1));
        });
        await Promise.all([publish(stream, after), ...readings]);
        expect(tails.size).toBe(0);
      },
    ),
    { numRuns: 40 },
  );
});

it('reads each record once for any number of followers', async () => {
  const tails = new SharedTails(log);
  const stream = await newStream();
  await publish(stream, [20]);
  const readings = range(0, 8).map(() => follow(tails, stream, { at: 'keyframe' }, 519));
  await sleep(50);
  await publish(
    stream,
    Array.from({ length: 500 }, () => 1),
  );
  for (const offsets of await Promise.all(readings)) expect(offsets).toEqual(range(10, 520));
  // Each its own 10, plus those until they had met.
  expect(tails.recordsRead).toBeLessThan(500 + 8 * 20);
});

it('a follower that falls behind reads from the log, and no other waits for it', async () => {
  const tails = new SharedTails(log);
  const stream = await newStream();
  await publish(stream, [10]);
  // 300 batches: three times the window.
  const slow = follow(tails, stream, { at: 'earliest' }, 309, (batch) => (batch === 5 ? 400 : 0));
  const quick = follow(tails, stream, { at: 'earliest' }, 309);
  await sleep(20);
  await publish(
    stream,
    Array.from({ length: 300 }, () => 1),
  );
  expect(await quick).toEqual(range(0, 310));
  expect(await slow).toEqual(range(0, 310));
});

it('ends with the topic, and begins anew with another of its name', async () => {
  const tails = new SharedTails(log);
  const stream = await newStream();
  await publish(stream, [10]);
  const ended = follow(tails, stream, { at: 'earliest' }, 1_000);
  await publish(stream, [1, 1, 1]);
  await log.deleteTopic(stream);
  await expect(ended).rejects.toMatchObject({ code: 'unknown-topic' });
  await log.createTopic(stream, SETTINGS);
  const again = follow(tails, stream, { at: 'earliest' }, 4);
  await publish(stream, [2, 3]);
  expect(await again).toEqual(range(0, 5));
});

it('records come back as they were, also from the middle on', () => {
  const records = range(5, 25).map((offset) => ({
    ...record(offset, {}, 188 * (1 + (offset % 3))),
    ...(offset % 4 === 0 && { header: undefined }),
    offset,
    timestamp: milliseconds(1_795_000_000_000 + offset / 8),
  }));
  const bytes = encodeRecords(records);
  expect(plain(decodeRecords(bytes))).toEqual(plain(records));
  for (const from of [0, 5, 12, 24, 25]) {
    expect(plain(decodeRecords(recordsFrom(bytes, from)))).toEqual(
      plain(records.filter(({ offset }) => offset >= from)),
    );
  }
});

const plain = (records: readonly { readonly value: Uint8Array }[]): object[] =>
  records.map((record) => ({ ...record, value: Buffer.from(record.value).toString('hex') }));
