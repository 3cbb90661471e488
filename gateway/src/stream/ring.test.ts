import { decodeChunkMessage } from '@topicast/contracts/chunk-message';
import { bytes, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataOf, FRAME_MS, fedChunk } from '../testing/chunks.js';
import { Ring } from './ring.js';

const wide = { span: milliseconds(10_000), bytes: bytes(1e9) };

describe('the ring', () => {
  it('keeps the span, and further back only to the newest keyframe', () => {
    const keyframes = fc.array(fc.boolean(), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(keyframes, fc.integer({ min: 1, max: 60 }), (pattern, spanFrames) => {
        const ring = new Ring({ span: milliseconds(spanFrames * FRAME_MS), bytes: bytes(1e9) });
        pattern.forEach((keyframe, offset) => {
          ring.push(fedChunk(offset, { keyframe }));
          const newestKeyframe = pattern.lastIndexOf(true, offset);
          const ofSpan = Math.max(0, offset - spanFrames);
          expect(ring.newestKeyframe).toBe(newestKeyframe === -1 ? undefined : newestKeyframe);
          expect(ring.first).toBe(newestKeyframe === -1 ? ofSpan : Math.min(newestKeyframe, ofSpan));
          expect(ring.end).toBe(offset + 1);
        });
        for (let index = ring.first; index < ring.end; index += 1) {
          expect(ring.at(index).offset).toBe(index);
          expect(ring.find({ rendition: 0, session: 1, offset: index, part: 0 })).toBe(index);
          expect(ring.find({ rendition: 0, session: 2, offset: index, part: 0 })).toBeUndefined();
        }
        expect(() => ring.at(ring.first - 1)).toThrow(RangeError);
        expect(() => ring.at(ring.end)).toThrow(RangeError);
      }),
    );
  });

  it('never holds more bytes than it may, even if that costs the newest keyframe', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 300 }), (sizes) => {
        const limit = 20_000;
        const ring = new Ring({ span: milliseconds(1e9), bytes: bytes(limit) });
        sizes.forEach((packets, offset) => {
          ring.push(fedChunk(offset, { packets, keyframe: offset === 0 }));
          expect(ring.bytes).toBeLessThanOrEqual(limit);
          let sum = 0;
          for (let index = ring.first; index < ring.end; index += 1) sum += ring.at(index).frame.byteLength;
          expect(ring.bytes).toBe(sum);
        });
      }),
    );
  });

  it('builds the frames that viewers get, once', () => {
    const ring = new Ring(wide);
    const chunk = ring.push(fedChunk(7, { keyframe: true, session: 3 }));
    const message = decodeChunkMessage(chunk.frame.subarray(4))!;
    expect(chunk.frame.subarray(0, 4).toString('hex')).toBe('827e0268');
    expect(message).toMatchObject({ offset: 7, part: 0, header: chunk.header });
    expect(Buffer.from(message.data).equals(dataOf(7))).toBe(true);
    expect(chunk.rawFrame).toBe(chunk.rawFrame);
    expect(chunk.rawFrame.subarray(4, 4 + 564).equals(dataOf(7))).toBe(true);
    // A ping with the position follows.
    expect(chunk.rawFrame.subarray(4 + 564).toString('latin1')).toBe('\x89\x070.3.7.0');
  });

  it('asks for an acknowledgement about once a second of media', () => {
    const ring = new Ring(wide);
    const asking = Array.from({ length: 100 }, (_, offset) => ring.push(fedChunk(offset))).filter(
      (chunk) => chunk.asksForAck,
    );
    expect(asking.length).toBe(Math.ceil((100 * FRAME_MS) / 1_000));
  });

  it('goes on in media time over a discontinuity', () => {
    const ring = new Ring(wide);
    ring.push(fedChunk(1_000));
    ring.push(fedChunk(1_001));
    // The decode times of a new session start over.
    const first = ring.push(fedChunk(5, { session: 2, gap: { reason: 'session', missing: 0 } }));
    const second = ring.push(fedChunk(6, { session: 2 }));
    expect([first.time, second.time]).toEqual([FRAME_MS, 2 * FRAME_MS]);
  });
});
