import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Freezes } from './freezes.js';

/** Pictures at these intervals on the screen, and at the same steps on the media timeline unless others are given. */
function watch(intervals: readonly number[], steps = intervals): Freezes {
  const freezes = new Freezes();
  let at = 1_000;
  let media = 50_000;
  freezes.presented({ at: milliseconds(at), media: milliseconds(media) });
  intervals.forEach((interval, index) => {
    at += interval;
    media += steps[index]!;
    freezes.presented({ at: milliseconds(at), media: milliseconds(media) });
  });
  return freezes;
}

const steady = (count: number, interval = 1000 / 30): number[] => Array(count).fill(interval);

describe('freezes', () => {
  it('are neither pictures that come evenly, however few, nor jitter of the screen', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 8, max: 500, noNaN: true }),
        fc.array(fc.double({ min: -0.5, max: 0.5, noNaN: true }), { minLength: 5, maxLength: 60 }),
        (interval, jitter) => {
          const intervals = jitter.map((share) => interval * (1 + share));
          expect(watch(intervals, steady(jitter.length, interval)).count).toBe(0);
        },
      ),
    );
  });

  it('are counted once each, whether the pictures in between come later or never', () => {
    const intervals = [...steady(30), 500, ...steady(30), 2_000, ...steady(30)];
    expect(watch(intervals).count).toBe(2);
    const late = intervals.map(() => 1000 / 30);
    expect(watch(intervals, late).count).toBe(2);
  });

  it('are counted while they last, and only if somebody expects pictures', () => {
    const freezes = watch(steady(30));
    const end = 1_000 + 1_000;
    freezes.check(milliseconds(end + 100));
    expect(freezes.count).toBe(0);
    freezes.check(milliseconds(end + 200));
    freezes.check(milliseconds(end + 5_000));
    expect(freezes.count).toBe(1);
    freezes.excuse();
    freezes.presented({ at: milliseconds(end + 60_000), media: milliseconds(90_000) });
    expect(freezes.count).toBe(1);
  });
});
