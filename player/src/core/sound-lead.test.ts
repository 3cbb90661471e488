import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_LEAD, type SoundLead, supplySound } from './sound-lead.js';

const REPORT_MS = 100;
const TARGET = milliseconds(80);

/**
 * @param need how much of the picture's level the sound uses up before it is heard
 * @param level of the picture, which comes to its target some time after it has changed
 */
function simulate(
  need: (now: number) => number,
  seconds: number,
  level = 80,
): (SoundLead & { dry: boolean })[] {
  let state = NO_LEAD;
  return Array.from({ length: (seconds * 1000) / REPORT_MS }, (_, i) => {
    const now = milliseconds(i * REPORT_MS);
    const aim = TARGET + state.lead;
    level += Math.max(-5, Math.min(5, aim - level));
    const least = milliseconds(level + state.lag - need(now));
    state = supplySound({ now, level: milliseconds(level), least }, TARGET, state);
    return { ...state, dry: least <= 0 };
  });
}

describe('the lead of the sound', () => {
  it('is what the encoder and the sound device take beyond the target, known with the first report', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 20, max: 500 }), (need, level) => {
        const states = simulate(() => need, 10, level);
        const expected = Math.max(0, need + 8 - TARGET);
        for (const { lead, lag } of states) {
          expect(lead + lag).toBeCloseTo(expected, 5);
          expect(lag).toBeLessThanOrEqual(10);
        }
        expect(states.slice(80).some(({ dry }) => dry)).toBe(false);
      }),
    );
  });

  it('comes back slowly when headphones are taken off, and nothing runs dry by that', () => {
    const states = simulate((now) => (now < 10_000 ? 240 : 60), 90);
    expect(states.at(95)?.lead).toBeGreaterThan(150);
    expect(states.at(170)?.lead).toBeGreaterThan(150);
    expect(states.at(-1)?.lead).toBe(0);
    expect(states.slice(100).some(({ dry }) => dry)).toBe(false);
  });

  it('is bounded, whatever is reported', () => {
    const reports = fc.array(fc.record({ level: fc.double(), least: fc.double() }));
    fc.assert(
      fc.property(reports, (list) => {
        let state = NO_LEAD;
        list.forEach(({ level, least }, i) => {
          if (!Number.isFinite(level - least)) return;
          const supply = {
            now: milliseconds(i * 100),
            level: milliseconds(level),
            least: milliseconds(least),
          };
          state = supplySound(supply, TARGET, state);
          expect(state.lead).toBeGreaterThanOrEqual(0);
          expect(state.lead).toBeLessThanOrEqual(400);
        });
        expect(state.needs.length).toBeLessThanOrEqual(80);
      }),
    );
  });
});
