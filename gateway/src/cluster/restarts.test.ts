import { milliseconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import { restartAfter } from './restarts.js';

it('replaces a worker at once, one that keeps dying more and more slowly, and forgives', () => {
  let deaths = 0;
  const delays = Array.from({ length: 9 }, () => {
    const decision = restartAfter(deaths, milliseconds(100), 1);
    deaths = decision.deaths;
    return decision.delay;
  });
  expect(delays).toEqual([0, 250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  expect(restartAfter(deaths, milliseconds(60_000), 1)).toEqual({ deaths: 1, delay: 0 });
});
