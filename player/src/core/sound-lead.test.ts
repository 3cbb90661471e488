import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_LEAD, type SoundLead, supplySound } from './sound-lead.js';

const REPORT_MS = 100;

/** @param need how much of the picture's level the sound uses up before it is heard */
function simulate(need: (now: number) => number, level: number, seconds: number): SoundLead[] {
  let state = NO_LEAD;
  let underruns = 0;
  return Array.from({ length: (seconds * 1000) / REPORT_MS }, (_, i) => {
    const now = i * REPORT_MS;
    const least = level + state.lead - need(now);
    if (least <= 0) underruns++;
    const supply = { now: milliseconds(now), least: milliseconds(least), underruns };
    state = supplySound(supply, true, state);
    return state;
  });
}

describe('the lead of the sound', () => {
  it('becomes what the sound device and the encoder take, and not more than some milliseconds beyond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), (need) => {
        const states = simulate(() => need, 80, 20);
        const { lead } = states.at(-1)!;
        expect(80 + lead).toBeGreaterThanOrEqual(need + 14);
        expect(lead).toBeLessThanOrEqual(Math.max(0, need - 80 + 40));
      }),
    );
  });

  it('comes back slowly when headphones are taken off, without an underrun', () => {
    const states = simulate((now) => (now < 10_000 ? 240 : 60), 80, 120);
    expect(states.at(95)?.lead).toBeGreaterThan(170);
    expect(states.at(-1)?.lead).toBeLessThan(30);
    expect(states.at(-1)?.underruns).toBe(states.at(99)?.underruns);
  });

  it('learns nothing while the picture is not at its target, or after a hidden tab', () => {
    const dry = { least: milliseconds(-50), underruns: 5 };
    expect(supplySound({ ...dry, now: milliseconds(1000) }, false, NO_LEAD).lead).toBe(0);
    const known = { ...NO_LEAD, at: milliseconds(1000) };
    expect(supplySound({ ...dry, now: milliseconds(9000) }, true, known).lead).toBe(0);
  });

  it('never grows without end', () => {
    expect(simulate(() => 10_000, 80, 300).at(-1)?.lead).toBe(400);
  });
});
