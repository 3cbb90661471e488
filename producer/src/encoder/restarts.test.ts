import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Restarts } from './restarts.js';

const SECOND = 1_000;
const ended = (seconds: number, wasCalled = false) => ({ ran: milliseconds(seconds * SECOND), wasCalled });

describe('Restarts', () => {
  it('comes back at once after a good run, and goes on looking each second for a while', () => {
    const restarts = new Restarts();
    let now = milliseconds(5_000_000);
    expect(restarts.after(ended(3_600), now, 1)).toEqual({ state: 'starting', pause: 200 });
    for (let tries = 0; tries < 12; tries++) {
      now = milliseconds(now + SECOND);
      const { state, pause } = restarts.after(ended(0), now, 1);
      expect(state).toBe('starting');
      expect(pause).toBeLessThanOrEqual(SECOND);
    }
    now = milliseconds(now + 20 * SECOND);
    expect(restarts.after(ended(0), now, 1)).toEqual({ state: 'failed', pause: 30 * SECOND });
  });

  it('is as fast each hour as it was the first time', () => {
    const restarts = new Restarts();
    for (let hour = 1; hour < 50; hour++) {
      const { pause } = restarts.after(ended(3_600), milliseconds(hour * 3_600_000), 1);
      expect(pause).toBe(200);
    }
  });

  it('waits longer and longer for what never runs well', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(29), { minLength: 12, maxLength: 40 }), (runs) => {
        const restarts = new Restarts();
        let now = 1_000_000;
        const pauses = runs.map((seconds) => {
          now += seconds * SECOND;
          const { pause } = restarts.after(ended(seconds), milliseconds(now), 1);
          now += pause;
          return pause;
        });
        expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
        expect(pauses.at(-1)).toBe(30 * SECOND);
      }),
    );
  });

  it('listens again at once for the next caller, however short the last one stayed', () => {
    const restarts = new Restarts();
    for (let caller = 0; caller < 20; caller++) {
      const { state, pause } = restarts.after(ended(1, true), milliseconds(caller * 2 * SECOND), 1);
      expect([state, pause]).toEqual(['starting', 200]);
    }
  });

  it('has nothing well to come back to before the first good run', () => {
    expect(new Restarts().after(ended(0), Milliseconds.now(), 0).state).toBe('failed');
  });
});
