import { MOST_SYNC_DELAY } from '@topicast/contracts/sync';
import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HeldNeed, holdNeed, NO_NEED, STEP_MS } from './need.js';

const SECOND = 1_000;

/** One call a second. @returns the level after each */
function levels(needs: readonly number[], before: HeldNeed = NO_NEED): number[] {
  let held = before;
  return needs.map((need, second) => {
    held = holdNeed(held, need, milliseconds(second * SECOND));
    return held.level;
  });
}

const anyNeeds = fc.array(fc.integer({ min: 0, max: MOST_SYNC_DELAY }), { minLength: 1, maxLength: 60 });

describe('what a group needs', () => {
  it('is covered at once, within the bound, in steps', () => {
    fc.assert(
      fc.property(anyNeeds, (needs) => {
        for (const [second, level] of levels(needs).entries()) {
          expect(level).toBeGreaterThanOrEqual(needs[second]!);
          expect(level).toBeLessThanOrEqual(MOST_SYNC_DELAY);
          expect(level % STEP_MS).toBe(0);
        }
      }),
    );
  });

  it('falls by at most a step a second, and only after ten seconds', () => {
    fc.assert(
      fc.property(anyNeeds, (needs) => {
        const all = levels(needs);
        const falls = all.flatMap((level, second) => (second > 0 ? [all[second - 1]! - level] : []));
        expect(Math.max(0, ...falls)).toBeLessThanOrEqual(STEP_MS);
        const firstFall = falls.findIndex((fall) => fall > 0);
        if (firstFall >= 0) expect(firstFall).toBeGreaterThanOrEqual(9);
      }),
    );
  });

  it('comes all the way down when the one who needed more has left', () => {
    const all = levels([400, ...Array.from({ length: 30 }, () => 180)]);
    expect(all.slice(0, 11).every((level) => level === 400)).toBe(true);
    expect(all.at(-1)).toBe(200);
  });

  it('stays where it is while it wavers about a step', () => {
    const wavering = Array.from({ length: 60 }, (_, second) => 200 + (second % 2 ? 4 : -3));
    expect(new Set(levels(wavering).slice(1))).toEqual(new Set([225]));
  });
});
