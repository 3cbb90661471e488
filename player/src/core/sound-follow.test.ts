import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideSound, NOT_FOLLOWING, spliced } from './sound-follow.js';

const QUANTUM_MS = 128 / 48;

interface World {
  /** The media time of the picture. */
  readonly picture: (now: number) => number;
  readonly seconds: number;
  /** The error of each report about the picture. */
  readonly noiseMs?: number;
  /** The drift of the sound device against the clock of the picture. */
  readonly drift?: number;
  readonly startBehindMs?: number;
}

/** Sound that obeys each decision. Reports come ten times a second; in between it extrapolates them. */
function simulate({ picture, seconds, noiseMs = 0, drift = 0, startBehindMs = 0 }: World) {
  let state = NOT_FOLLOWING;
  let place = picture(0) - startBehindMs;
  let rate = 1;
  let report = { at: 0, media: picture(0), speed: 1 };
  const behind: { now: number; behind: number }[] = [];
  const moves = { splice: 0, jump: 0 };
  const rates: number[] = [];
  for (let now = 0; now < seconds * 1000; now += QUANTUM_MS) {
    if (now - report.at >= 100) {
      const speed = (picture(now + 1) - picture(now)) / 1;
      report = { at: now, media: picture(now) + noiseMs * Math.sin(now * 12.9898), speed };
    }
    const error = report.media + (now - report.at) * report.speed - place;
    const sample = {
      now: milliseconds(now),
      behind: milliseconds(error),
      speed: report.speed,
      audible: true,
    };
    const decided = decideSound(sample, state);
    state = decided.state;
    if (decided.move.do === 'rate') rate = decided.move.rate;
    else if (decided.move.do === 'splice') {
      // A real splice suits the waveform, so it misses its aim by some milliseconds.
      const by = milliseconds(decided.move.by + 4 * Math.sin(now));
      place += by;
      state = spliced(state, by);
      moves.splice++;
    } else {
      place += error;
      moves.jump++;
    }
    place += QUANTUM_MS * rate * (1 + drift);
    rates.push(rate);
    behind.push({ now, behind: picture(now + QUANTUM_MS) - place });
  }
  return { behind, moves, rates };
}

const after = (behind: readonly { now: number; behind: number }[], seconds: number): number[] =>
  behind.filter(({ now }) => now >= seconds * 1000).map((one) => Math.abs(one.behind));

describe('sound that follows a picture', () => {
  it('reaches it from any start nearby, and then stays without a splice or a jump', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -140, max: 140 }),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: -300, max: 300 }),
        (startBehindMs, noiseMs, ppm) => {
          const world = { picture: (now: number) => now, noiseMs, drift: ppm / 1_000_000 };
          const { behind, moves, rates } = simulate({ ...world, seconds: 20, startBehindMs });
          expect(moves.jump).toBe(0);
          expect(Math.max(...after(behind, 6))).toBeLessThan(12);
          // A rate just above 1 is rounded.
          expect(Math.max(...rates.map((rate) => Math.abs(rate - 1)))).toBeLessThan(0.005 + 1e-9);
          const { moves: settled } = simulate({ ...world, seconds: 20 });
          expect(settled).toEqual({ splice: 0, jump: 0 });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('stays within 25 ms of a picture that runs up to 10 % faster or slower', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10, max: 10 }), fc.integer({ min: 0, max: 4 }), (percent, noiseMs) => {
        const speed = 1 + percent / 100;
        const picture = (now: number): number => (now < 2000 ? now : 2000 + (now - 2000) * speed);
        const { behind, moves } = simulate({ picture, noiseMs, seconds: 12 });
        expect(moves.jump).toBe(0);
        expect(moves.splice).toBeLessThanOrEqual(10 * 9);
        expect(Math.max(...after(behind, 2.5))).toBeLessThan(25);
      }),
      { numRuns: 40 },
    );
  });

  it('jumps once where the picture has jumped, and not for one wrong report', () => {
    const picture = (now: number): number => (now < 3000 ? now : now + 700);
    const { behind, moves } = simulate({ picture, seconds: 6 });
    expect(moves.jump).toBe(1);
    expect(Math.max(...after(behind, 4))).toBeLessThan(5);

    let state = NOT_FOLLOWING;
    for (let now = 0; now < 1000; now += QUANTUM_MS) {
      const behind = milliseconds(now > 500 && now < 540 ? 400 : 0);
      const decided = decideSound({ now: milliseconds(now), behind, speed: 1, audible: true }, state);
      expect(decided.move.do).not.toBe('jump');
      state = decided.state;
    }
  });

  it('jumps to the picture at once while nothing is heard', () => {
    const sample = { now: milliseconds(0), behind: milliseconds(3), speed: 1, audible: false };
    expect(decideSound(sample, NOT_FOLLOWING).move).toEqual({ do: 'jump' });
  });
});
