import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mediaAt } from '../core/release.js';
import { Pace } from './pace.js';

const ms = milliseconds;
const STEP = ms(40);

/** Plays a stream of 25 pictures a second whose pictures are decoded this long after their time. */
function play(pace: Pace, from: number, until: number, delay: (n: number) => number): void {
  for (let now = from; now < until; now++) {
    if (now % STEP === 0) {
      const n = now / STEP;
      const at = ms(now + delay(n));
      pace.received(ms((n + 1) * STEP));
      pace.decoded({ end: ms((n + 1) * STEP), step: STEP, at });
    }
    if (now % 40 === 20) pace.control(ms(now));
  }
}

const groupAt = (behind: number) => ({ media: ms(-behind), at: ms(0), rate: 1 });

/** @param group how far a group is behind the time; undefined: the player goes alone */
function joined(at: number, group?: number): Pace {
  const pace = new Pace();
  if (group !== undefined) pace.facts = { ...pace.facts, step: groupAt(group) };
  pace.received(ms(at));
  pace.decoded({ end: ms(at), step: STEP, at: ms(at) });
  pace.join(undefined, true, ms(at));
  pace.isStarted = true;
  return pace;
}

it('is a picture and a spare behind the live edge after a join, and stays there', () => {
  const pace = joined(1_000);
  expect(1_000 - mediaAt(pace.clock!, ms(1_000))).toBe(STEP / 2 + 12);
  play(pace, 1_000, 20_000, () => 5);
  expect(pace.stalls).toBe(0);
  expect(pace.seeks).toBe(0);
  expect(pace.level).toBeGreaterThan(STEP / 2 + 12 - 10);
  expect(pace.level).toBeLessThan(STEP / 2 + 12 + 10);
});

it('comes back to its target by its rate, and counts no stall, when pictures come later from now on', () => {
  const pace = joined(1_000);
  play(pace, 1_000, 5_000, () => 0);
  play(pace, 5_000, 20_000, () => 60);
  expect(pace.stalls).toBe(0);
  expect(pace.seeks).toBe(0);
  expect(pace.level).toBeGreaterThan(20);
});

it('keeps running while nothing comes, so that what comes then is at the live edge', () => {
  const pace = joined(1_000);
  play(pace, 1_000, 5_000, () => 0);
  for (let now = 5_000; now < 9_000; now += 40) pace.control(ms(now));
  expect(pace.stalls).toBe(1);
  play(pace, 9_000, 12_000, () => 0);
  expect(pace.seeks).toBe(0);
  expect(pace.level).toBeGreaterThan(0);
  expect(pace.level).toBeLessThan(200);
});

it('jumps at a join only from where it is far off, or where nobody sees it', () => {
  const pace = joined(1_000);
  const before = pace.clock;
  pace.received(ms(1_060));
  pace.join(undefined, false, ms(1_000));
  expect(pace.clock).toBe(before);
  pace.received(ms(9_000));
  pace.join(undefined, false, ms(1_000));
  expect(mediaAt(pace.clock!, ms(1_000))).toBe(9_000 - (STEP / 2 + 12));
});

describe('in a group', () => {
  /** Puts the group so far behind the time. */
  const groupIs = (pace: Pace, behind: number): void => {
    pace.facts = { ...pace.facts, step: groupAt(behind) };
  };
  const behindGroup = (pace: Pace, now: Milliseconds): number =>
    mediaAt(pace.facts.step!, now) - mediaAt(pace.clock!, now);

  it('joins at its place, follows it within 5 s wherever it goes, and needs no more for that', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 2_000 }),
        fc.integer({ min: 60, max: 2_000 }),
        fc.integer({ min: 0, max: 20 }),
        (first, second, late) => {
          const pace = joined(1_000, first);
          expect(behindGroup(pace, ms(1_000))).toBe(0);
          const { needs } = pace;
          play(pace, 1_000, 3_000, (n) => (n * 7) % (late + 1));
          groupIs(pace, second);
          play(pace, 3_000, 8_000, (n) => (n * 7) % (late + 1));
          expect(Math.abs(behindGroup(pace, ms(8_000)))).toBeLessThan(5);
          expect(pace.seeks).toBeLessThanOrEqual(1);
          expect(pace.stalls).toBe(0);
          expect(pace.needs).toBe(needs);
          // What it keeps is the group's, not its own.
          expect(Math.abs(pace.level! - second)).toBeLessThan(STEP);
        },
      ),
    );
  });

  it('goes back to its own level when it goes alone', () => {
    const pace = joined(1_000, 400);
    play(pace, 1_000, 5_000, () => 0);
    pace.facts = { ...pace.facts, step: undefined };
    play(pace, 5_000, 12_000, () => 0);
    expect(pace.level).toBeLessThan(STEP / 2 + 12 + 10);
  });
});
