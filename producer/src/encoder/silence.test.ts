import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Silence } from './silence.js';

const LIMITS = { first: 20_000, next: 10_000 };
const at = (seconds: number) => milliseconds(seconds * 1_000);
const PICTURE = { audioOnly: false };
const SOUND = { audioOnly: true };

describe('Silence', () => {
  it('is that of the source if nothing comes', () => {
    const silence = new Silence(2, LIMITS, at(0));
    expect(silence.at(at(19))).toBeUndefined();
    expect(silence.at(at(20))).toBe('source');
    silence.note(0, PICTURE, at(20));
    silence.note(1, PICTURE, at(20));
    expect(silence.at(at(29))).toBeUndefined();
    expect(silence.at(at(30))).toBe('source');
  });

  /** Bursts of a second of pictures, as one output after the other gives them; `hung` gives none from a moment on. */
  const watched = (
    { outputs, gap, first = 20_000 }: { outputs: number; gap: number; first?: number },
    hung: { readonly output: number; readonly from: number } | undefined,
  ): [second: number, found: number | 'source'][] => {
    const silence = new Silence(outputs, { ...LIMITS, first }, at(0));
    const found: [number, number | 'source'][] = [];
    const look = (second: number): void => {
      silence.excuse(at(second));
      const silent = silence.at(at(second));
      if (silent !== undefined) found.push([second, silent]);
    };
    for (let second = 1; second < (hung?.from ?? 40) + gap + 40; second++) {
      for (let output = 0; output < outputs && second % gap === 0; output++) {
        const isHung = output === hung?.output && second >= hung.from;
        for (let picture = 0; picture < 10 && !isHung; picture++) {
          silence.note(output, PICTURE, at(second + picture / 100 + output / 1_000));
        }
        // The watch may look between an output's pictures and the next one's.
        look(second + 0.2 + output / 10);
      }
      look(second + 0.9);
    }
    return found;
  };
  const worlds = fc.record({
    outputs: fc.integer({ min: 2, max: 4 }),
    gap: fc.integer({ min: 1, max: 20 }),
    first: fc.constantFrom(20_000, Number.POSITIVE_INFINITY),
  });

  it('is never that of an output where all go on, however long the gaps between bursts are', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        expect(watched(world, undefined)).toEqual([]);
      }),
    );
  });

  it('is that of an output whose pictures do not come while others do, though the encoder is excused', () => {
    fc.assert(
      fc.property(worlds, fc.nat(3), fc.integer({ min: 21, max: 40 }), (world, number, from) => {
        const output = number % world.outputs;
        const found = watched(world, { output, from });
        expect(new Set(found.map(([, silent]) => silent))).toEqual(new Set([output]));
        // Ten seconds after a burst of the others that it missed, in the burst that follows, and a moment to be sure.
        const [second] = found[0]!;
        expect(second).toBeGreaterThanOrEqual(from + 10 - world.gap);
        expect(second).toBeLessThanOrEqual(from + 10 + 2 * world.gap + 5);
      }),
    );
  });

  it('is not that of the best output while it is held back', () => {
    const silence = new Silence(2, LIMITS, at(0));
    silence.note(0, PICTURE, at(1));
    for (let second = 1; second < 40; second++) {
      silence.note(1, PICTURE, at(second));
      silence.excuseBest(at(second));
      expect(silence.at(at(second))).toBeUndefined();
    }
  });

  it('is none while the pictures pause and the sound goes on', () => {
    const silence = new Silence(2, LIMITS, at(0));
    silence.note(0, PICTURE, at(1));
    silence.note(1, PICTURE, at(1));
    for (let second = 2; second < 60; second++) {
      silence.note(0, SOUND, at(second));
      expect(silence.at(at(second))).toBeUndefined();
      expect(silence.isStill(at(second))).toBe(second >= 11);
    }
    silence.note(0, PICTURE, at(60));
    expect(silence.isStill(at(60))).toBe(false);
    const radio = new Silence(1, LIMITS, at(0));
    for (let second = 2; second < 60; second++) radio.note(0, SOUND, at(second));
    expect(radio.isStill(at(60))).toBe(false);
  });

  it('is that of an output that never began, but it has twice as long', () => {
    const silence = new Silence(2, LIMITS, at(0));
    const found: number[] = [];
    for (let second = 5; second < 40; second++) {
      silence.note(0, PICTURE, at(second));
      if (silence.at(at(second)) === 1) found.push(second);
    }
    expect(found[0]).toBe(28);
  });
});
