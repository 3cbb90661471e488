import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import { ticks90k } from '@topicast/contracts/units';
import { headerOf } from '@topicast/test/headers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Arrival, type ContinuityState, follow } from './continuity.js';

const chunk = (sequence: number, over: Partial<ChunkHeader> = {}): ChunkHeader =>
  headerOf(sequence, {
    ...{ session: 7, discontinuity: false },
    keyframe: sequence % 10 === 0,
    sinceKeyframe: sequence % 10,
    ...over,
  });

function playAll(arrivals: readonly Arrival[]) {
  let state: ContinuityState | undefined;
  return arrivals.map((arrival) => {
    const step = follow(state, arrival);
    state = step.state;
    return step;
  });
}

const play = (headers: readonly ChunkHeader[]) =>
  playAll(headers.map((header) => ({ rendition: 0, header })));

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
      { use: 'play', entry: 'join' },
      { use: 'play', entry: 'continues' },
      { use: 'skip' },
      { use: 'skip' },
      { use: 'play', entry: 'join' },
      { use: 'play', entry: 'continues' },
    ]);
  });

  it('does not judge by numbers what somebody else wrote: a gateway that was restarted counts anew', () => {
    const foreign = (sequence: number, over: Partial<ChunkHeader> = {}) =>
      chunk(sequence, { session: 0, keyframe: false, ...over });
    const steps = play([
      foreign(900, { keyframe: true, discontinuity: true }),
      foreign(901),
      // Resumed at another gateway, which counts from the place where it began to read.
      foreign(42),
      foreign(43),
      foreign(44, { keyframe: true, discontinuity: true }),
      foreign(45),
      foreign(7_000, { discontinuity: true }),
      foreign(7_001),
    ]);
    const { length } = steps;
    expect(steps.map(({ verdict }) => verdict)).toEqual([
      { use: 'play', entry: 'join' },
      { use: 'play', entry: 'continues' },
      { use: 'play', entry: 'continues' },
      { use: 'play', entry: 'continues' },
      { use: 'play', entry: 'join' },
      { use: 'play', entry: 'continues' },
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
          expect(verdict.entry === 'join' || sequence === decodable).toBe(true);
          if (verdict.entry === 'join') expect(sequence % 10).toBe(0);
          last = sequence;
          decodable = sequence + 1;
        }
      }),
    );
  });

  describe('from rendition to rendition', () => {
    /** From a rendition that numbers its chunks differently, on the same decode time line. */
    const of = (rendition: number, time: number, over: Partial<ChunkHeader> = {}): Arrival => ({
      rendition,
      header: { ...chunk(time, over), sequence: time + 1000 * rendition },
    });
    const entries = (arrivals: readonly Arrival[]) =>
      playAll(arrivals).map(({ verdict }) => (verdict.use === 'play' ? verdict.entry : verdict.use));

    it('goes on at a keyframe, whatever the numbers are, and nothing is lost', () => {
      const arrivals = [of(0, 9), of(0, 10), of(0, 19), of(2, 20), of(2, 21), of(0, 30), of(0, 31)];
      arrivals.splice(2, 0, ...Array.from({ length: 8 }, (_, n) => of(0, 11 + n)));
      arrivals.splice(-2, 0, ...Array.from({ length: 8 }, (_, n) => of(2, 22 + n)));
      expect(entries(arrivals).filter((entry) => entry !== 'continues')).toEqual([
        'skip',
        'join',
        'switch',
        'switch',
      ]);
      expect(playAll(arrivals).every(({ lost }) => lost === 0)).toBe(true);
    });

    it('is no switch in the middle of a GOP, after loss, into the past, or far ahead', () => {
      expect(entries([of(0, 10), of(1, 11), of(1, 20)])).toEqual(['join', 'skip', 'join']);
      expect(entries([of(0, 10), of(0, 12), of(1, 20)])).toEqual(['join', 'skip', 'join']);
      expect(entries([of(0, 20), of(1, 10), of(1, 20), of(0, 21)])).toEqual([
        'join',
        'repeat',
        'repeat',
        'continues',
      ]);
      expect(entries([of(0, 10), of(1, 50)])).toEqual(['join', 'join']);
    });

    it('is not disturbed by sound that runs ahead of the pictures', () => {
      const sound = of(0, 19, { audioOnly: true, keyframe: false, decodeTime: ticks90k(20.5 * 3000) });
      const pictures = Array.from({ length: 9 }, (_, n) => of(0, 10 + n));
      expect(entries([...pictures, sound, of(1, 20)]).slice(-2)).toEqual(['continues', 'switch']);
    });
  });
});
