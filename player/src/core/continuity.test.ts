import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import { milliseconds, ticks90k } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContinuityState, follow } from './continuity.js';

const chunk = (sequence: number, over: Partial<ChunkHeader> = {}): ChunkHeader => ({
  keyframe: sequence % 10 === 0,
  discontinuity: false,
  audioOnly: false,
  sinceKeyframe: sequence % 10,
  sequence,
  session: 7,
  decodeTime: ticks90k(sequence * 3000),
  wallClock: milliseconds(0),
  presentationOffset: ticks90k(0),
  gop: 0,
  ...over,
});

function play(headers: readonly ChunkHeader[], before?: ContinuityState) {
  let state = before;
  return headers.map((header) => {
    const step = follow(state, header);
    state = step.state;
    return step;
  });
}

const uses = (headers: readonly ChunkHeader[]): string[] => play(headers).map((step) => step.verdict.use);

describe('continuity', () => {
  it('begins at a keyframe', () => {
    expect(uses([chunk(8), chunk(9), chunk(10), chunk(11)])).toEqual(['skip', 'skip', 'play', 'play']);
  });

  it('drops repeats and what a replaced encoder still sends', () => {
    const headers = [
      chunk(10),
      chunk(11),
      chunk(11),
      chunk(0, { session: 8 }),
      chunk(12),
      chunk(1, { session: 8 }),
    ];
    expect(uses(headers)).toEqual(['play', 'play', 'repeat', 'play', 'repeat', 'play']);
  });

  it('counts a gap, and waits for the keyframe after it', () => {
    const steps = play([chunk(10), chunk(11), chunk(15), chunk(16), chunk(20), chunk(21)]);
    expect(steps.map((step) => step.lost)).toEqual([0, 0, 3, 0, 3, 0]);
    expect(steps.map((step) => step.verdict)).toEqual([
      { use: 'play', discontinuity: true },
      { use: 'play', discontinuity: false },
      { use: 'skip' },
      { use: 'skip' },
      { use: 'play', discontinuity: true },
      { use: 'play', discontinuity: false },
    ]);
  });

  it('does not judge by numbers what somebody else wrote: a gateway that was restarted counts anew', () => {
    const foreign = (sequence: number, over: Partial<ChunkHeader> = {}) =>
      chunk(sequence, { session: 0, keyframe: false, ...over });
    const steps = play([
      foreign(900, { keyframe: true, discontinuity: true }),
      foreign(901),
      // Resumed at another gateway, which counts from where it began to read.
      foreign(42),
      foreign(43),
      foreign(44, { keyframe: true, discontinuity: true }),
      foreign(45),
      foreign(7_000, { discontinuity: true }),
      foreign(7_001),
    ]);
    const { length } = steps;
    expect(steps.map(({ verdict }) => verdict)).toEqual([
      { use: 'play', discontinuity: true },
      { use: 'play', discontinuity: false },
      { use: 'play', discontinuity: false },
      { use: 'play', discontinuity: false },
      { use: 'play', discontinuity: true },
      { use: 'play', discontinuity: false },
      { use: 'skip' },
      { use: 'skip' },
    ]);
    expect(steps.map(({ lost }) => lost)).toEqual(Array.from({ length }, () => 0));
  });

  it('plays nothing undecodable and nothing twice, whatever is lost, repeated or swapped', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 80 }), (sequences) => {
        let decodable = -1;
        let last = -1;
        for (const [index, { verdict }] of play(sequences.map((sequence) => chunk(sequence))).entries()) {
          if (verdict.use !== 'play') continue;
          const sequence = sequences[index]!;
          expect(sequence).toBeGreaterThan(last);
          expect(verdict.discontinuity || sequence === decodable).toBe(true);
          if (verdict.discontinuity) expect(sequence % 10).toBe(0);
          last = sequence;
          decodable = sequence + 1;
        }
      }),
    );
  });
});
