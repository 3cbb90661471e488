import { milliseconds, ticks90k } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { DecodeClock } from './decode-clock.js';
import { SteadyClock } from './steady-clock.js';

/** Numbers that look random but are the same each time. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** Frames every 33.3 ms of media time that arrive late by `late(frame, seconds)`; the errors of the mapping. */
function simulate(seconds: number, late: (frame: number, second: number) => number, drift = 0): number[] {
  const clock = new DecodeClock();
  return Array.from({ length: seconds * 30 }, (_, frame) => {
    const mediaMs = (frame * 100) / 3;
    const takenIn = 5_000 + mediaMs * (1 + drift);
    const arrival = milliseconds(takenIn + late(frame, mediaMs / 1000));
    return clock.observe(ticks90k(mediaMs * 90), arrival, frame === 0) - takenIn;
  });
}

const most = (errors: number[]): number => Math.max(...errors.map(Math.abs));

describe('DecodeClock', () => {
  it('sees through the jitter of arrivals', () => {
    const random = noise(1);
    // At least 5 ms, and now and then much more, as on a busy machine.
    const errors = simulate(60, () => 5 + random() * 20 + (random() < 0.05 ? 300 : 0));
    expect(most(errors.slice(60))).toBeLessThan(8);
    const steps = errors.slice(61).map((error, index) => Math.abs(error - errors[index + 60]!));
    expect(Math.max(...steps)).toBeLessThan(2);
  });

  it('is soon right if an encoder begins with a backlog', () => {
    const errors = simulate(10, (frame) => 5 + Math.max(0, 800 - frame * 20));
    expect(most(errors.slice(45))).toBeLessThan(6);
  });

  it.each([150e-6, -150e-6])('follows crystals that differ by %f', (drift) => {
    const random = noise(2);
    const errors = simulate(600, () => 5 + random() * 20, drift);
    expect(most(errors.slice(300))).toBeLessThan(10);
  });

  it('follows a source that fell behind and stays behind, after the window', () => {
    const errors = simulate(60, (_, second) => (second > 20 ? 3_000 : 0));
    expect(most(errors.slice(32 * 30).map((error) => error - 3_000))).toBeLessThan(1);
  });

  it('begins anew with a new time line', () => {
    const clock = new DecodeClock();
    clock.observe(ticks90k(90_000_000), milliseconds(100), true);
    expect(clock.observe(ticks90k(0), milliseconds(140), true)).toBeCloseTo(140);
  });
});

describe('SteadyClock', () => {
  it('runs evenly while the system clock is put right, and follows a step at once', () => {
    let now = 0;
    let offset = 1_700_000_000_000;
    const clock = new SteadyClock(
      () => milliseconds(now),
      () => milliseconds(now + offset),
    );
    expect(clock.at(milliseconds(0))).toBe(1_700_000_000_000);
    offset += 100;
    now = 10_000;
    expect(clock.at(milliseconds(now)) - (now + offset)).toBeCloseTo(-95);
    now = 300_000;
    expect(clock.at(milliseconds(now)) - (now + offset)).toBeCloseTo(0);
    offset += 3_600_000;
    expect(clock.at(milliseconds(now))).toBe(now + offset);
  });
});
