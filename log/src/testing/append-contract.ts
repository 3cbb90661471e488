import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServedLog } from '../chunk-log.js';
import { filled, gops, header, record, sequences, take } from './support.js';

/** Readers get exactly what was written. */
export function describeAppend(log: () => ServedLog): void {
  describe('append and read', () => {
    it('keeps order, bytes and headers', async () => {
      const records = gops(20, 5);
      const stream = await filled(log(), []);
      expect(await log().append(stream, 0, records.slice(0, 7))).toBe(0);
      expect(await log().append(stream, 0, records.slice(7))).toBe(7);
      const read = await take(log(), stream, { at: 'earliest' }, 20);
      expect(read.map(({ offset }) => offset)).toEqual(records.map((_, n) => n));
      expect(read.map((each) => each.header)).toEqual(records.map((each) => each.header));
      expect(read.every((each, n) => Buffer.compare(each.value, records[n]!.value) === 0)).toBe(true);
      expect(Math.abs(read[0]!.timestamp - Date.now())).toBeLessThan(60_000);
    });

    it('keeps the renditions apart', async () => {
      const stream = await filled(log(), []);
      await log().append(stream, 0, [record(1)]);
      await log().append(stream, 1, [record(2), record(3)]);
      expect(sequences(await take(log(), stream, { at: 'earliest' }, 1, 0))).toEqual([1]);
      expect(sequences(await take(log(), stream, { at: 'earliest' }, 2, 1))).toEqual([2, 3]);
    });

    it('carries keyframe chunks of two megabytes', async () => {
      const big = record(0, { keyframe: true }, 188 * 11_000);
      const stream = await filled(log(), [big, record(1)]);
      const read = await take(log(), stream, { at: 'earliest' }, 2);
      expect(read[0]!.value.byteLength).toBe(big.value.byteLength);
      expect(Buffer.compare(read[0]!.value, big.value)).toBe(0);
      expect(sequences(read)).toEqual([0, 1]);
    });

    it('gives values that later reads leave alone', async () => {
      const stream = await filled(log(), [record(1), record(2)]);
      const [first] = await take(log(), stream, { at: 'earliest' }, 2);
      const copy = Buffer.from(first!.value);
      await take(log(), stream, { at: 'offset', offset: 1 }, 1);
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
            const stream = await filled(log(), []);
            const values = appends.flat();
            let sequence = 0;
            for (const append of appends) {
              await log().append(
                stream,
                0,
                append.map((value) => ({ header: header(sequence++), value })),
              );
            }
            const from = anyOffset % values.length;
            const read = await take(log(), stream, { at: 'offset', offset: from }, values.length - from);
            expect(read.map(({ offset, value }) => [offset, Buffer.from(value).toString('hex')])).toEqual(
              values.slice(from).map((value, n) => [from + n, Buffer.from(value).toString('hex')]),
            );
            await log().deleteTopic(stream);
          },
        ),
        { numRuns: 20 },
      );
    });
  });
}
