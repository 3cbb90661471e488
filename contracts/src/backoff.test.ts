import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pauseAfter } from './backoff.js';
import { milliseconds } from './units.js';

const backoff = { first: milliseconds(500), longest: milliseconds(30_000) };
/** The largest number that `Math.random` gives. */
const MOST = 1 - Number.EPSILON / 2;

it('doubles from the first pause to the longest', () => {
  const longest = Array.from({ length: 9 }, (_, failures) => Math.round(pauseAfter(backoff, failures, MOST)));
  expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

it('draws every pause from its upper half, after however many failures', () => {
  const random = fc.double({ min: 0, max: MOST, noNaN: true });
  fc.assert(
    fc.property(fc.nat(1e9), random, (failures, draw) => {
      const whole = Math.min(backoff.longest, backoff.first * 2 ** failures);
      const pause = pauseAfter(backoff, failures, draw);
      expect(pause).toBeGreaterThanOrEqual(whole / 2);
      expect(pause).toBeLessThanOrEqual(whole);
    }),
  );
});
