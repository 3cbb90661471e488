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

  it('is that of an output whose pictures do not come while others do, though the encoder is excused', () => {
    fc.assert(
      fc.property(
        fc.record({
          outputs: fc.integer({ min: 2, max: 4 }),
          hung: fc.nat(),
          from: fc.integer({ min: 1, max: 30 }),
          burst: fc.integer({ min: 1, max: 6 }),
        }),
        ({ outputs, hung, from, burst }) => {
          const which = hung % outputs;
          const silence = new Silence(outputs, LIMITS, at(0));
          const found: number[] = [];
          for (let second = 0; second < from + 25; second++) {
            for (let output = 0; output < outputs; output++) {
              if (second % burst === 0 && (output !== which || second < from))
                silence.note(output, PICTURE, at(second));
            }
            silence.excuse(at(second));
            if (silence.at(at(second)) === which) found.push(second);
            else expect(silence.at(at(second))).toBeUndefined();
          }
          // From its last burst to the first one that is ten seconds later.
          expect(found[0]).toBeGreaterThanOrEqual(from + 10 - burst);
          expect(found[0]).toBeLessThanOrEqual(from + 10 + burst);
        },
      ),
    );
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

  it('is that of an output that never began, after the time that a source has', () => {
    const silence = new Silence(2, LIMITS, at(0));
    for (let second = 5; second < 20; second++) {
      silence.note(0, PICTURE, at(second));
      expect(silence.at(at(second))).toBeUndefined();
    }
    silence.note(0, PICTURE, at(20));
    expect(silence.at(at(20))).toBe(1);
  });
});
