import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRelease, dueAt, type MediaClock, mediaAt, withRate } from './release.js';

const ms = milliseconds;
const CLOCK: MediaClock = { media: ms(5_000), at: ms(1_000), rate: 1 };
const STEP = 33;

describe('the clock of the media', () => {
  it('tells the same of a place and of a time, and keeps its place when the rate changes', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.9, max: 1.1, noNaN: true }),
        fc.integer({ min: 0, max: 60_000 }),
        (rate, passed) => {
          const now = ms(1_000 + passed);
          const faster = withRate(CLOCK, now, rate);
          expect(mediaAt(faster, now)).toBeCloseTo(mediaAt(CLOCK, now));
          const later = ms(now + 500);
          expect(dueAt(faster, mediaAt(faster, later))).toBeCloseTo(later, 3);
        },
      ),
    );
  });
});

describe('a decoded picture', () => {
  const decide = (decoded: readonly number[], more: { coming?: number; releasedAt?: number } = {}) =>
    decideRelease({
      ...{ now: CLOCK.at, clock: CLOCK, decoded: decoded.map(ms) },
      coming: more.coming === undefined ? undefined : ms(more.coming),
      releasedAt: ms(more.releasedAt ?? CLOCK.at - STEP),
    });

  it('waits until it is due, and is shown then', () => {
    expect(decide([5_020])).toEqual({ skip: 0, show: false, next: 1_020 });
    expect(decide([5_000, 5_033])).toEqual({ skip: 0, show: true, next: 1_033 });
  });

  it('is shown at once if it is late, and left out if a newer one is due', () => {
    expect(decide([4_950])).toEqual({ skip: 0, show: true, next: undefined });
    expect(decide([4_900, 4_950, 5_033])).toEqual({ skip: 1, show: true, next: 1_033 });
  });

  it('is not shown while what comes next is late as well, but now and then', () => {
    const late = { coming: 4_950 };
    expect(decide([4_900], late)).toEqual({ skip: 1, show: false, next: undefined });
    expect(decide([4_900], { ...late, releasedAt: CLOCK.at - 150 })).toMatchObject({ show: true });
  });
});

describe('a schedule of releases', () => {
  /** Pictures of a stream, each of which is decoded some time after it was due to be received. */
  const DELAYS = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 30, maxLength: 120 });

  it('never shows a picture early, twice or after a newer one, and does not let a picture stand that it has', () => {
    fc.assert(
      fc.property(DELAYS, fc.double({ min: 0.9, max: 1.1, noNaN: true }), (delays, rate) => {
        const clock: MediaClock = { media: ms(-50), at: ms(0), rate };
        let decodedAt = 0;
        const pictures = delays.map((delay, n) => {
          decodedAt = Math.max(decodedAt, n * STEP + delay);
          return { time: ms(n * STEP), decodedAt };
        });
        const shown: Milliseconds[] = [];
        let waiting: Milliseconds[] = [];
        let given = 0;
        let releasedAt = ms(0);
        let lastAt = 0;
        for (let now = ms(0); now < decodedAt + 1_000; now = ms(now + 1)) {
          while (given < pictures.length && pictures[given]!.decodedAt <= now)
            waiting.push(pictures[given++]!.time);
          const coming = pictures[given]?.time;
          const isReceived = coming !== undefined && coming + 20 <= now;
          const { skip, show } = decideRelease({
            ...{ now, clock, decoded: waiting, coming: isReceived ? coming : undefined, releasedAt },
          });
          waiting = waiting.slice(skip);
          if (!show) continue;
          const picture = waiting.shift()!;
          expect(picture).toBeGreaterThan(shown.at(-1) ?? -1);
          expect(picture).toBeLessThanOrEqual(mediaAt(clock, now) + 1);
          shown.push(picture);
          releasedAt = now;
          lastAt = now;
        }
        expect(waiting).toEqual([]);
        expect(shown.at(-1)).toBe(pictures.at(-1)!.time);
        expect(lastAt).toBeLessThanOrEqual(Math.max(decodedAt, dueAt(clock, shown.at(-1)!)) + 1);
      }),
    );
  });
});
