import { ticks90k } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { Rounds } from './rounds.js';

const FRAME = 3_600;
const picture = (time: number) => ({ decodeTime: ticks90k(90_000 + time), audioOnly: false });
const sound = (time: number) => ({ decodeTime: ticks90k(90_000 + time), audioOnly: true });

describe('Rounds', () => {
  it('begin again one picture after the last', () => {
    const rounds = new Rounds();
    for (let n = 0; n < 50; n++) rounds.note(picture(n * FRAME));
    expect(rounds.next(undefined)).toBeCloseTo(2, 5);
    // What the second one brings is later on the time line.
    for (let n = 50; n < 100; n++) rounds.note(picture(n * FRAME));
    expect(rounds.next(undefined)).toBeCloseTo(4, 5);
  });

  it('begin again where the sound ends, however far it is ahead of the picture', () => {
    const rounds = new Rounds();
    for (let n = 0; n < 50; n++) rounds.note(picture(n * FRAME));
    expect(rounds.next({ from: 90_000 - 1_920, to: 90_000 + 3 * 90_000 })).toBeCloseTo(3 + 1_024 / 48_000, 5);
  });

  it('begin again after sound alone', () => {
    const rounds = new Rounds();
    for (let n = 0; n < 50; n++) rounds.note(sound(n * FRAME));
    expect(rounds.next(undefined)).toBeCloseTo(49 * 0.04 + 2_048 / 48_000, 5);
  });

  it('are over if nothing comes', () => {
    const rounds = new Rounds();
    expect(rounds.next(undefined)).toBeUndefined();
    rounds.note(picture(0));
    expect(rounds.next(undefined)).toBeDefined();
    expect(rounds.next(undefined)).toBeUndefined();
  });
});
