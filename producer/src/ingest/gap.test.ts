import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextStep, type Situation, type Step } from './gap.js';

const LIVE: Situation = {
  ...{ onAir: 'encoder', encoder: 'here', silentFor: milliseconds(40), awayFor: Milliseconds.zero },
  ...{ gap: milliseconds(60_000), canHold: true },
};
const SLATE: Situation = { ...LIVE, onAir: 'slate', encoder: 'gone', awayFor: milliseconds(1_000) };

const anySituation = fc.record({
  onAir: fc.constantFrom('nothing' as const, 'encoder' as const, 'slate' as const, 'elsewhere' as const),
  encoder: fc.constantFrom('here' as const, 'gone' as const, 'finished' as const, 'cut' as const),
  silentFor: fc.nat(120_000).map(milliseconds),
  awayFor: fc.nat(120_000).map(milliseconds),
  gap: fc.constantFrom(0, 5_000, 60_000).map(milliseconds),
  canHold: fc.boolean(),
});

describe('what comes next', () => {
  const cases: readonly (readonly [string, Situation, Step])[] = [
    ['an encoder sends', LIVE, 'go on'],
    ['its network stumbles', { ...LIVE, silentFor: milliseconds(1_900) }, 'go on'],
    ['its network is gone', { ...LIVE, silentFor: milliseconds(2_000) }, 'slate'],
    ['it is killed', { ...LIVE, encoder: 'gone' }, 'slate'],
    ['its streamer stops', { ...LIVE, encoder: 'finished' }, 'end'],
    ['it sends what nobody can show', { ...LIVE, encoder: 'cut' }, 'end'],
    ['it is killed before it has sent anything', { ...LIVE, onAir: 'nothing', encoder: 'gone' }, 'end'],
    ['it is killed, and there is no slate', { ...LIVE, encoder: 'gone', canHold: false }, 'end'],
    ['it is killed, and gaps are not wanted', { ...LIVE, encoder: 'gone', gap: Milliseconds.zero }, 'end'],
    [
      'it is silent, and there is no slate',
      { ...LIVE, silentFor: milliseconds(9_000), canHold: false },
      'go on',
    ],
    ['it is away', SLATE, 'go on'],
    ['it is away for too long', { ...SLATE, awayFor: milliseconds(60_000) }, 'end'],
    ['it is away, and the producer ends', { ...SLATE, canHold: false }, 'end'],
    [
      'another one comes at the last moment, and has sent no keyframe',
      { ...SLATE, encoder: 'here', awayFor: milliseconds(60_000) },
      'clear',
    ],
    [
      'it is connected, but silent for too long',
      { ...SLATE, encoder: 'here', silentFor: milliseconds(62_000), awayFor: milliseconds(60_000) },
      'end',
    ],
    ['it has tried another producer in vain', { ...SLATE, onAir: 'elsewhere' }, 'go on'],
    [
      'it has, and is away for too long',
      { ...SLATE, onAir: 'elsewhere', awayFor: milliseconds(60_000) },
      'end',
    ],
    ['it is stopped there', { ...SLATE, onAir: 'elsewhere', encoder: 'finished' }, 'end'],
    ['it is back, and its keyframe is awaited', { ...SLATE, encoder: 'here' }, 'go on'],
    ['its streamer stops another one meanwhile', { ...SLATE, encoder: 'finished' }, 'end'],
  ];
  it.each(cases)('if %s', (_, situation, step) => {
    expect(nextStep(situation)).toBe(step);
  });

  it('never leaves a stream on air that nobody sends to and that shows no slate', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const step = nextStep(situation);
        const isLeft = situation.encoder !== 'here';
        const isHeld = situation.onAir === 'slate' || situation.onAir === 'elsewhere';
        const showsNothing = !isHeld || !situation.canHold;
        if (isLeft && showsNothing) expect(['slate', 'end']).toContain(step);
        if (step === 'slate') expect(situation).toMatchObject({ onAir: 'encoder', canHold: true });
        if (step === 'clear') expect(situation.encoder).toBe('here');
        if (situation.gap === 0 || !situation.canHold) expect(step).not.toBe('slate');
      }),
    );
  });
});
