import { milliseconds, seconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addAnchor, latencySinceEncoder, type TimelineAnchor, usualAnchor } from './timeline.js';

const FRAME_MS = 1000 / 30;
const START = 1_795_000_000_000;

describe('the wall clock of a timeline', () => {
  it('is nearly the same for a player that came late, however unevenly the encoder takes pictures in', () => {
    const jitter = fc.array(fc.double({ min: -12, max: 12, noNaN: true }), {
      minLength: 200,
      maxLength: 200,
    });
    fc.assert(
      fc.property(jitter, fc.integer({ min: 0, max: 160 }), (late, joinedAt) => {
        const all = late.map(
          (ms, frame): TimelineAnchor => ({
            media: seconds((frame * FRAME_MS) / 1000),
            wallClock: milliseconds(START + frame * FRAME_MS + ms),
          }),
        );
        const seenFrom = (first: number) =>
          usualAnchor(all.slice(first).reduce<readonly TimelineAnchor[]>(addAnchor, []))!;
        const ages = [0, joinedAt].map((first) =>
          latencySinceEncoder(seenFrom(first), seconds(7), milliseconds(START + 7_300)),
        );
        expect(Math.abs(ages[0]! - 300)).toBeLessThanOrEqual(12.01);
        expect(Math.abs(ages[0]! - ages[1]!)).toBeLessThanOrEqual(24);
      }),
    );
  });

  it('hardly changes with one picture that was taken in late', () => {
    const anchors = Array.from({ length: 30 }, (_, frame) => ({
      media: seconds((frame * FRAME_MS) / 1000),
      wallClock: milliseconds(START + frame * FRAME_MS + (frame === 29 ? 400 : 0)),
    }));
    const usual = usualAnchor(anchors)!;
    expect(usual.wallClock - usual.media * 1000).toBeCloseTo(START, 3);
  });
});
