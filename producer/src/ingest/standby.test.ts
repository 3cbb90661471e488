import { ticks90k } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Standby } from './standby.js';

const chunk = (keyframe: boolean, size: number, start: number): Chunk => ({
  ...{ keyframe, discontinuity: false, audioOnly: false, sinceKeyframe: 0, start },
  ...{ data: new Uint8Array(size), decodeTime: ticks90k(start), presentationOffset: ticks90k(0) },
});

it('keeps the last GOP whole, and nothing that is too long', () => {
  const sizes = fc.constantFrom(1_000, 3_000_000, 9_000_000);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), sizes), { maxLength: 40 }), (shape) => {
      const standby = new Standby(() => true);
      const chunks = shape.map(([keyframe, size], index) => chunk(keyframe, size, index));
      for (const each of chunks) standby.push(each);
      const { gop } = standby.take();
      expect(standby.isReady).toBe(false);
      if (gop.length === 0) return;
      const from = chunks.findLastIndex(({ keyframe }) => keyframe);
      expect(gop).toEqual(chunks.slice(from));
      expect(gop.reduce((sum, { data }) => sum + data.byteLength, 0)).toBeLessThanOrEqual(16_000_000);
    }),
  );
});
