import type { StreamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import type { LogRecord, ServedLog, TailStart } from '../chunk-log.js';
import { filled, gops, record, sequences, take } from './support.js';

/** Where tails begin, and how they continue. */
export function describeTails(log: () => ServedLog): void {
  describe('where a tail begins', () => {
    it('offset: clamped to what is there', async () => {
      const stream = await filled(log(), gops(6, 3));
      expect(sequences(await take(log(), stream, { at: 'offset', offset: 4 }, 2))).toEqual([4, 5]);
      const beyond = take(log(), stream, { at: 'offset', offset: 1000 }, 1);
      const live = await appendUntil(log(), stream, beyond, 100);
      expect(live[0]!.offset).toBeGreaterThanOrEqual(6);
    });

    it('keyframe: the newest, by the hint', async () => {
      const stream = await filled(log(), gops(14, 5));
      expect(sequences(await take(log(), stream, { at: 'keyframe' }, 4))).toEqual([10, 11, 12, 13]);
    });

    it('keyframe: the newest, where the hint misleads', async () => {
      // A repeated batch moves the keyframe away from the place to which the count points.
      const records = gops(9, 4);
      const stream = await filled(log(), [...records.slice(0, 6), ...records.slice(2, 8)]);
      expect(sequences(await take(log(), stream, { at: 'keyframe' }, 4))).toEqual([4, 5, 6, 7]);
      // After the loss of half a group of pictures, it points before the keyframe.
      const lossy = await filled(log(), [...records.slice(0, 5), record(7, { sinceKeyframe: 3 })]);
      expect(sequences(await take(log(), lossy, { at: 'keyframe' }, 2))).toEqual([4, 7]);
    });

    it('keyframe: whatever comes next where there is none', async () => {
      for (const before of [[], [record(1, { sinceKeyframe: 1 }), record(2, { sinceKeyframe: 2 })]]) {
        const stream = await filled(log(), before);
        const reading = take(log(), stream, { at: 'keyframe' }, 1);
        const read = await appendUntil(log(), stream, reading, 100);
        expect(read[0]!.offset).toBeGreaterThanOrEqual(before.length);
      }
    });

    it('time: the first that is not older', async () => {
      const stream = await filled(log(), [record(0), record(1)]);
      const [, second] = await take(log(), stream, { at: 'earliest' }, 2);
      await new Promise((resolve) => setTimeout(resolve, 30));
      await log().append(stream, 0, [record(2), record(3)]);
      const time = milliseconds(second!.timestamp + 1);
      expect(sequences(await take(log(), stream, { at: 'time', time }, 2))).toEqual([2, 3]);
      const long = milliseconds(0);
      expect(sequences(await take(log(), stream, { at: 'time', time: long }, 4))).toEqual([0, 1, 2, 3]);
      const read = await appendUntil(log(), stream, take(log(), stream, futureStart(), 1), 100);
      expect(read[0]!.offset).toBeGreaterThanOrEqual(4);
    });

    it('live: nothing that was there before', async () => {
      const stream = await filled(log(), gops(5, 5));
      const read = await appendUntil(log(), stream, take(log(), stream, { at: 'live' }, 1), 100);
      expect(read[0]!.offset).toBeGreaterThanOrEqual(5);
    });
  });

  describe('a tail', () => {
    it('gets each record soon after it is appended, in order', async () => {
      const stream = await filled(log(), [record(0)]);
      const stop = new AbortController();
      const delays: number[] = [];
      const sent = new Map<number, number>();
      const seen: number[] = [];
      const reading = (async () => {
        for await (const batch of log().tail(stream, 0, { at: 'earliest' }, stop.signal)) {
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
        await log().append(stream, 0, [record(n, {}, 12_500)]);
      }
      await reading;
      expect(seen).toEqual(Array.from({ length: 61 }, (_, n) => n));
      // Far more than it takes (see the bench), and far less than polling would take.
      expect(delays.sort((a, b) => a - b)[30]).toBeLessThan(60);
    });

    it('ends when its signal says so, even while it waits, and before it began', async () => {
      const stream = await filled(log(), []);
      const stop = new AbortController();
      const reading = (async () => {
        for await (const _ of log().tail(stream, 0, { at: 'live' }, stop.signal))
          throw new Error('nothing was sent');
      })();
      await new Promise((resolve) => setTimeout(resolve, 50));
      stop.abort();
      await reading;
      for await (const _ of log().tail(stream, 0, { at: 'earliest' }, AbortSignal.abort()))
        throw new Error('aborted');
    });

    it('shares a partition with others that are elsewhere in it', async () => {
      const stream = await filled(log(), gops(10, 5));
      const starts = [0, 4, 9, 10];
      const readings = starts.map((offset) => take(log(), stream, { at: 'offset', offset }, 30 - offset));
      for (let n = 10; n < 30; n++) {
        await log().append(stream, 0, [record(n)]);
        if (n % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      }
      for (const [index, from] of starts.entries()) {
        expect(sequences(await readings[index]!)).toEqual(
          Array.from({ length: 30 - from }, (_, n) => from + n),
        );
      }
    });

    it('does not hold up others, nor appends, when nobody takes from it', async () => {
      const stream = await filled(log(), [record(0)]);
      const stop = new AbortController();
      const lazy = log().tail(stream, 0, { at: 'earliest' }, stop.signal)[Symbol.asyncIterator]();
      await lazy.next();
      for (let n = 1; n <= 60; n++) await log().append(stream, 0, [record(n, {}, 188 * 1000)]);
      expect(sequences(await take(log(), stream, { at: 'earliest' }, 61)).at(-1)).toBe(60);
      const rest: (number | undefined)[] = [];
      while (rest.length < 60) rest.push(...sequences((await lazy.next()).value ?? []));
      expect(rest).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
      stop.abort();
      expect((await lazy.next()).done).toBe(true);
    });

    it('that falls behind at the live edge gets everything, once and in order', async () => {
      const stream = await filled(log(), [record(0)]);
      const stop = new AbortController();
      const slow = log().tail(stream, 0, { at: 'earliest' }, stop.signal)[Symbol.asyncIterator]();
      // Records that arrive while it waits reach it at the live edge.
      await slow.next();
      const seen = slow.next();
      await new Promise((resolve) => setTimeout(resolve, 100));
      await log().append(stream, 0, [record(1)]);
      expect(sequences((await seen).value ?? [])).toEqual([1]);
      const others = take(log(), stream, { at: 'offset', offset: 2 }, 40);
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (let n = 2; n < 42; n++) await log().append(stream, 0, [record(n, {}, 188 * 1000)]);
      await others;
      const rest: (number | undefined)[] = [];
      while (rest.length < 40) rest.push(...sequences((await slow.next()).value ?? []));
      await log().append(stream, 0, [record(42)]);
      rest.push(...sequences((await slow.next()).value ?? []));
      expect(rest).toEqual(Array.from({ length: 41 }, (_, n) => n + 2));
      stop.abort();
      expect((await slow.next()).done).toBe(true);
    });
  });
}

const futureStart = (): TailStart => ({ at: 'time', time: milliseconds(Date.now() + 3_600_000) });

/** Append from time to time, until a tail that begins at the live edge has what it is waiting for. */
async function appendUntil(
  log: ServedLog,
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
