import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUnwatched, judgePause, mayContinue, type Pause, type Surroundings } from './interruption.js';

const watched: Surroundings = {
  isFrozen: false,
  isRemoved: false,
  isHidden: false,
  isOutOfSight: false,
  isInWindow: false,
  isOver: false,
  isSilent: false,
};
const judge = (surroundings: Partial<Surroundings>, pause: Partial<Pause> = {}) =>
  judgePause({ isActivated: false, ...pause, surroundings: { ...watched, ...surroundings } });

describe('a pause', () => {
  it.each<[string, ReturnType<typeof judgePause>, Partial<Surroundings>, Partial<Pause>]>([
    ['by a button on the page', 'viewer', {}, { isActivated: true }],
    ['by a script of the page', 'viewer', {}, {}],
    ['by a media key, in a hidden tab that is heard', 'viewer', { isHidden: true }, {}],
    [
      'in the picture-in-picture window, without sound',
      'viewer',
      { isHidden: true, isSilent: true, isInWindow: true },
      {},
    ],
    [
      'by a key, of a video that is scrolled away',
      'viewer',
      { isOutOfSight: true, isSilent: true },
      { isActivated: true },
    ],
    ['long after picture in picture', 'viewer', {}, { fromWindowEnd: milliseconds(5_000) }],
    ['by the page freezing', 'watched', { isFrozen: true, isHidden: true }, {}],
    [
      'by a click that moves the video within the page',
      'watched',
      { isRemoved: true },
      { isActivated: true },
    ],
    ['by media that cannot be decoded', 'over', { isOver: true }, {}],
    ['by those, soon after a click', 'over', { isOver: true }, { isActivated: true }],
    ['in a hidden tab, without sound', 'watched', { isHidden: true, isSilent: true }, {}],
    ['out of sight, without sound', 'watched', { isOutOfSight: true, isSilent: true }, {}],
    ['with the end of picture in picture', 'shown', { isHidden: true }, { fromWindowEnd: milliseconds(40) }],
  ])('%s: %s', (_, verdict, surroundings, pause) => {
    expect(judge(surroundings, pause)).toBe(verdict);
  });
});

describe('a rest', () => {
  const surroundings = fc.record({
    isFrozen: fc.boolean(),
    isRemoved: fc.boolean(),
    isHidden: fc.boolean(),
    isOutOfSight: fc.boolean(),
    isInWindow: fc.boolean(),
    isOver: fc.boolean(),
    isSilent: fc.boolean(),
  });

  it('ends when the video is seen, whatever it began with', () => {
    for (const until of ['watched', 'shown'] as const) expect(mayContinue(watched, until)).toBe(true);
    expect(mayContinue({ ...watched, isSilent: true }, 'watched')).toBe(true);
  });

  it('ends for sound alone, but not after the end of picture in picture', () => {
    const heard = { ...watched, isHidden: true };
    expect(mayContinue(heard, 'watched')).toBe(true);
    expect(mayContinue(heard, 'shown')).toBe(false);
  });

  it('does not end while it would begin again', () => {
    fc.assert(
      fc.property(surroundings, fc.constantFrom('watched', 'shown'), (around, until) => {
        const again = isUnwatched(around) || around.isFrozen || around.isRemoved;
        if (again) expect(mayContinue(around, until)).toBe(false);
      }),
    );
  });
});
