import { milliseconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import { Rebuilds } from './rebuild.js';

it('replaces three broken media sources a minute at once, then waits longer each time, but never more than 10 s', () => {
  const rebuilds = new Rebuilds();
  const pauseAt = (seconds: number): number =>
    Math.round(rebuilds.plan(milliseconds(seconds * 1000), 0.9999999));
  expect([0, 1, 2].map(pauseAt)).toEqual([0, 0, 0]);
  expect([3, 6, 11, 20, 31, 42, 53, 64].map(pauseAt)).toEqual(
    [2, 4, 8, 10, 10, 10, 10, 10].map((s) => s * 1000),
  );
  expect(pauseAt(160)).toBe(0);
});
