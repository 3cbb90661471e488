import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addClockSample, type ClockSample, estimateClock } from './clock.js';
import { latencySinceEncoder } from './timeline.js';

const delay = fc.double({ min: 0, max: 400, noNaN: true });

describe('clock', () => {
  it('is wrong by at most half the shortest round trip, whatever the delays', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.array(fc.tuple(delay, delay), { minLength: 1, maxLength: 10 }),
        (offset, delays) => {
          let samples: readonly ClockSample[] = [];
          for (const [there, back] of delays) {
            const sent = 1_700_000_000_000;
            samples = addClockSample(samples, {
              sent: milliseconds(sent),
              received: milliseconds(sent + there + back),
              gateway: milliseconds(sent + there + offset),
            });
          }
          const estimate = estimateClock(samples)!;
          const shortest = Math.min(...delays.map(([there, back]) => there + back));
          expect(estimate.roundTrip).toBeCloseTo(shortest, 2);
          expect(Math.abs(estimate.offset - offset)).toBeLessThanOrEqual(shortest / 2 + 0.01);
        },
      ),
    );
  });

  it('forgets old exchanges and refuses impossible ones', () => {
    const sample = (received: number): ClockSample => ({
      sent: milliseconds(0),
      received: milliseconds(received),
      gateway: milliseconds(0),
    });
    expect(addClockSample([], sample(-1))).toEqual([]);
    let samples = addClockSample([], sample(1));
    for (let index = 0; index < 10; index++) samples = addClockSample(samples, sample(50));
    expect(samples).toHaveLength(10);
    expect(estimateClock(samples)?.roundTrip).toBe(50);
    expect(estimateClock([])).toBeUndefined();
  });

  it('knows the age of the frame on the screen', () => {
    const anchor = { media: 12.5 as never, wallClock: milliseconds(1_000_000) };
    const gatewayNow: Milliseconds = milliseconds(1_000_300);
    expect(latencySinceEncoder(anchor, 12.4 as never, gatewayNow)).toBeCloseTo(400);
  });
});
