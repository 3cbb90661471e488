import { expect, it } from 'vitest';
import { slopeAnHour } from './slope.js';

it('a slope through noise, an hour', () => {
  const samples = Array.from({ length: 60 }, (_, n) => ({ at: n * 10, value: 5 + n * 10 * 0.002 + (n % 2) }));
  expect(slopeAnHour(samples)).toBeCloseTo(7.2, 0);
  expect(slopeAnHour(samples.map(({ at }) => ({ at, value: 3 })))).toBe(0);
});
