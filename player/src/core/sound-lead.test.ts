import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_LEAD, type SoundLead, supplySound } from './sound-lead.js';

const REPORT_MS = 100;
const TARGET = milliseconds(80);

interface Moment extends SoundLead {
  readonly level: number;
  readonly dry: boolean;
}

/**
 * @param need how much of the picture's level the sound uses up before it is heard
 * @param level of the picture, which comes to its target some time after it has changed
 */
function simulate(need: (now: number) => number, seconds: number, level = 80): Moment[] {
  let state = NO_LEAD;
  return Array.from({ length: (seconds * 1000) / REPORT_MS }, (_, i) => {
    const now = milliseconds(i * REPORT_MS);
    level += Math.max(-5, Math.min(5, TARGET + state.lead - level));
    const least = milliseconds(level + state.lag - need(now));
    state = supplySound({ now, level: milliseconds(level), least }, TARGET, state);
    return { ...state, level, dry: least <= 0 };
  });
}

describe('the lead of the sound', () => {
  it('covers the delay of the encoder and the sound device from the first report on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 110 }), fc.integer({ min: 80, max: 500 }), (need, level) => {
        const moments = simulate(() => need, 30, level);
        expect(moments.slice(1).some(({ dry }) => dry)).toBe(false);
        for (const { lead } of moments) expect(lead).toBeCloseTo(Math.max(0, need - TARGET), 5);
        expect(moments.at(-1)?.lag).toBeLessThanOrEqual(8.001);
      }),
    );
  });

  it('falls slowly when headphones are taken off, and nothing runs dry', () => {
    const moments = simulate((now) => (now < 10_000 ? 240 : 60), 90);
    expect(moments.at(99)?.lead).toBe(160);
    expect(moments.at(149)?.lead).toBe(160);
    expect(moments.at(200)!.lead).toBeGreaterThan(100);
    expect(moments.at(-1)).toMatchObject({ lead: 0, lag: 0 });
    expect(moments.slice(100).some(({ dry }) => dry)).toBe(false);
  });

  it('follows headphones that are put on within a second', () => {
    const moments = simulate((now) => (now < 10_000 ? 60 : 200), 20);
    expect(moments.at(99)?.lead).toBe(0);
    expect(moments.at(110)?.lead).toBe(120);
    expect(moments.slice(140).some(({ dry }) => dry)).toBe(false);
  });

  it('covers delays that come often', () => {
    // As with 1 % loss: now and then a second without one.
    const isLate = (now: number) => (now / 700) % 1 < 0.1 && (now / 7_000) % 1 < 0.8;
    const moments = simulate((now) => (isLate(now) ? 160 : 80), 60);
    expect(moments.slice(50).some(({ dry }) => dry)).toBe(false);
    expect(Math.max(...moments.map(({ lead }) => lead))).toBe(80);
  });

  it('leaves to the stretching of the sound what comes rarely, and covers the rest of it', () => {
    // As BBR measures the round trip.
    const moments = simulate((now) => (now % 10_000 < 200 ? 280 : 80), 60);
    const later = moments.slice(200);
    for (const { lead } of later) expect(lead).toBeCloseTo(140, 5);
    const missing = later.filter(({ dry }) => dry).map(({ level, lag }) => 280 - level - lag);
    expect(missing.length).toBeGreaterThan(0);
    expect(Math.max(...missing)).toBeLessThanOrEqual(60);
  });

  it('forgets an accident, because it may not come again', () => {
    const moments = simulate((now) => (now === 40_000 ? 300 : 80), 60);
    expect(Math.max(...moments.map(({ lead }) => lead))).toBe(0);
  });

  it('takes the first one for what it is if it came soon', () => {
    const moments = simulate((now) => (now === 10_000 ? 300 : 80), 60);
    expect(moments.at(110)?.lead).toBe(160);
    expect(moments.at(-1)?.lead).toBe(0);
  });

  it('leaves a cut of some seconds to the control of the picture', () => {
    const late = { now: milliseconds(0), level: milliseconds(80), least: milliseconds(-3_000) };
    expect(supplySound(late, TARGET, NO_LEAD)).toBe(NO_LEAD);
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
          expect([state.lead >= 0, state.lead <= 400, state.lag >= 0, state.lag <= 40]).not.toContain(false);
        });
        expect(state.history?.needs.length ?? 0).toBeLessThanOrEqual(5);
        expect(state.history?.slots.length ?? 0).toBeLessThanOrEqual(60);
      }),
    );
  });
});
