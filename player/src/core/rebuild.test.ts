import { milliseconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import { allowRebuild } from './rebuild.js';

it('replaces a broken media source three times a minute at most', () => {
  let rebuilds: readonly number[] = [];
  const allowed = [0, 1_000, 2_000, 3_000, 59_000, 60_500, 60_600].map((now) => {
    const verdict = allowRebuild(rebuilds, milliseconds(now));
    rebuilds = verdict.rebuilds;
    return verdict.allowed;
  });
  expect(allowed).toEqual([true, true, true, false, false, true, false]);
});
