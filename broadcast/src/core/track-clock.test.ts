import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrackClock } from './track-clock.js';

/** Frames of a device whose clock began at `zero` and runs `drift` too fast, each on its way for `delays[i]`. */
function arrivals(zero: number, drift: number, delays: readonly number[], everyMs: number) {
  return delays.map((delay, i) => ({
    taken: milliseconds((i * everyMs - zero) * (1 + drift)),
    truly: i * everyMs,
    now: milliseconds(i * everyMs + delay),
  }));
}

const delay = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(200) });

describe('two tracks whose clocks began at different times', () => {
  it('come together on one time line, whatever the jitter of their ways', () => {
    const track = fc.tuple(
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.array(delay, { minLength: 200, maxLength: 400 }),
    );
    fc.assert(
      fc.property(track, ([zero, delays]) => {
        const clock = new TrackClock();
        // One of the first frames has no delay.
        const errors = arrivals(zero, 0, [0, ...delays], 20).map(({ taken, now, truly }) => {
          clock.note(taken, now);
          return Math.abs(clock.map(taken) - truly);
        });
        expect(Math.max(...errors)).toBeLessThan(1);
      }),
    );
  });

  it('stay together while a clock drifts', () => {
    const clock = new TrackClock();
    let worst = 0;
    const delays = Array.from({ length: 45_000 }, (_, i) => (i % 7 === 0 ? 0 : 15));
    for (const { taken, now, truly } of arrivals(5e6, 100e-6, delays, 20)) {
      clock.note(taken, now);
      if (truly > 10_000) worst = Math.max(worst, Math.abs(clock.map(taken) - truly));
    }
    expect(worst).toBeLessThan(16);
  });
});

it('begins anew when a clock jumps', () => {
  const clock = new TrackClock();
  for (const taken of [1_385.4, 1_395.4, 16, 26, 36]) {
    const now = taken > 1_000 ? taken - 1_370 : taken + 0.5;
    clock.note(milliseconds(taken), milliseconds(now));
    expect(Math.abs(clock.map(milliseconds(taken)) - now)).toBeLessThan(1);
  }
});

it('times never jump or go back once the devices have settled', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { minLength: 300, maxLength: 600 }), (delays) => {
      const clock = new TrackClock();
      const times = arrivals(0, 0, delays, 20).flatMap(({ taken, now, truly }) => {
        clock.note(taken, now);
        return truly > 2_000 ? [clock.map(taken)] : [];
      });
      const steps = times.slice(1).map((time, i) => time - times[i]!);
      expect(Math.min(...steps)).toBeGreaterThan(0);
      expect(Math.max(...steps)).toBeLessThan(21.5);
    }),
  );
});
