import { milliseconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import { planRebuild } from './rebuild.js';

it('replaces three broken media sources a minute at once, and then one every 10 s, for as long as it takes', () => {
  let rebuilds: readonly number[] = [];
  const pauseAt = (seconds: number): number => {
    const plan = planRebuild(rebuilds, milliseconds(seconds * 1000));
    rebuilds = plan.rebuilds;
    return plan.pause;
  };
  expect([0, 1, 2].map(pauseAt)).toEqual([0, 0, 0]);
  expect([3, 14, 25, 36, 47, 58, 69, 80].map(pauseAt)).toEqual(Array(8).fill(10_000));
  expect(rebuilds.length).toBeLessThan(10);
  expect(pauseAt(160)).toBe(0);
});
