import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chunkOf } from '../testing/chunks.js';
import { type Arrived, WaitingChunks } from './waiting-chunks.js';

const arrived = (
  index: number,
  fields: { rendition?: number; keyframe?: boolean; bytes?: number },
): Arrived => ({
  rendition: fields.rendition ?? 0,
  chunk: chunkOf(index, {
    ...{
      data: new Uint8Array(fields.bytes ?? 188),
      keyframe: fields.keyframe ?? false,
      discontinuity: false,
    },
  }),
  at: milliseconds(0),
});

it('drops the oldest GOP, and says that something is missing', () => {
  const waiting = new WaitingChunks(5 * 188);
  const list = [0, 1, 2, 3, 4, 5].map((index) => arrived(index, { keyframe: index % 3 === 0 }));
  const dropped = list.flatMap((each) => waiting.push(each));
  expect(dropped).toEqual(list.slice(0, 3));
  expect(waiting.all.map(({ chunk }) => [chunk.start / 188, chunk.discontinuity])).toEqual([
    [3, true],
    [4, false],
    [5, false],
  ]);
});

it('never keeps more than it may, loses nothing uncounted, and begins at a keyframe after a loss', () => {
  const one = fc.record({
    rendition: fc.nat(2),
    keyframe: fc.boolean(),
    bytes: fc.oneof(fc.constant(188), fc.nat(2_000)),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 60 }), (list) => {
      const waiting = new WaitingChunks(3_000);
      let dropped = 0;
      for (const [index, fields] of list.entries()) {
        dropped += waiting.push(arrived(index, fields)).length;
        const kept = waiting.all.reduce((sum, { chunk }) => sum + chunk.data.byteLength, 0);
        expect(kept).toBeLessThanOrEqual(3_000);
        expect(dropped + waiting.all.length).toBe(index + 1);
        const [first] = waiting.all;
        if (dropped > 0 && first)
          expect(first).toMatchObject({ rendition: 0, chunk: { keyframe: true, discontinuity: true } });
      }
    }),
  );
});
