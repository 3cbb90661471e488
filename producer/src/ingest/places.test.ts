import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, choosePlace, type Place } from './places.js';

const sending: Candidate = {
  ...{ isReady: true, silentFor: milliseconds(40), steadyFor: milliseconds(60_000) },
};
const frozen: Candidate = { ...sending, silentFor: milliseconds(1_000) };
const unready: Candidate = { ...sending, isReady: false };
const justBack: Candidate = { ...sending, steadyFor: milliseconds(2_000) };
const backAfter = milliseconds(10_000);

type Choice = Parameters<typeof choosePlace>[0];
const anyCandidate = fc.option(
  fc.record({
    isReady: fc.boolean(),
    silentFor: fc.nat(3_000).map(milliseconds),
    steadyFor: fc.nat(30_000).map(milliseconds),
  }),
  { nil: undefined },
);
const anyChoice: fc.Arbitrary<Choice> = fc.record({
  onAir: fc.constantFrom(undefined, 'primary' as const, 'backup' as const),
  primary: anyCandidate,
  backup: anyCandidate,
  backAfter: fc.option(fc.nat(20_000).map(milliseconds), { nil: undefined }),
});

describe('whose chunks viewers get', () => {
  const cases: readonly (readonly [string, Choice, Place | undefined])[] = [
    ['both send', { onAir: 'primary', primary: sending, backup: sending, backAfter }, 'primary'],
    ['the primary is lost', { onAir: undefined, primary: undefined, backup: sending, backAfter }, 'backup'],
    ['the primary is frozen', { onAir: 'primary', primary: frozen, backup: sending, backAfter }, 'backup'],
    ['both are frozen', { onAir: 'primary', primary: frozen, backup: frozen, backAfter }, 'primary'],
    [
      'the backup has no keyframe',
      { onAir: 'primary', primary: frozen, backup: unready, backAfter },
      'primary',
    ],
    [
      'the primary has come back',
      { onAir: 'backup', primary: justBack, backup: sending, backAfter },
      'backup',
    ],
    [
      'it has sent for some time',
      { onAir: 'backup', primary: sending, backup: sending, backAfter },
      'primary',
    ],
    [
      'it is not wanted back',
      { onAir: 'backup', primary: sending, backup: sending, backAfter: undefined },
      'backup',
    ],
    [
      'the backup is lost',
      { onAir: undefined, primary: justBack, backup: undefined, backAfter: undefined },
      'primary',
    ],
    ['nobody sends', { onAir: undefined, primary: undefined, backup: unready, backAfter }, undefined],
  ];
  it.each(cases)('%s', (_, choice, place) => {
    expect(choosePlace(choice)).toBe(place);
  });

  it('stays as it is, unless the other one sends', () => {
    fc.assert(
      fc.property(anyChoice, (choice) => {
        const place = choosePlace(choice);
        if (place === undefined || place === choice.onAir) return;
        expect(choice[place]).toMatchObject({ isReady: true });
        expect(choice[place]!.silentFor).toBeLessThan(1_000);
        // Asked again at once, it does not change its mind.
        expect(choosePlace({ ...choice, onAir: place })).toBe(place);
      }),
    );
  });
});
