import { milliseconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import { planRebuild } from './rebuild.js';

it('replaces three broken media sources a minute at once, then waits longer each time, but never more than 10 s', () => {
  let rebuilds: readonly number[] = [];
  const pauseAt = (seconds: number): number => {
    const plan = planRebuild(rebuilds, milliseconds(seconds * 1000), 0.9999999);
    rebuilds = plan.rebuilds;
    return Math.round(plan.pause);
  };
  expect([0, 1, 2].map(pauseAt)).toEqual([0, 0, 0]);
  expect([3, 6, 11, 20, 31, 42, 53, 64].map(pauseAt)).toEqual(
    [2, 4, 8, 10, 10, 10, 10, 10].map((s) => s * 1000),
  );
  expect(rebuilds.length).toBeLessThan(10);
  expect(pauseAt(160)).toBe(0);
});
