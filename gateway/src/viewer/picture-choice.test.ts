import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PictureChoice, type Piece } from './picture-choice.js';

const GOP = 10;
const keyframes = Array.from({ length: 40 }, (_, n) => n * GOP);
const upTo = (end: number) => ({ keyframes: keyframes.filter((at) => at < end) });

describe('the picture that a viewer gets', () => {
  it('is left out from the next keyframe on, and comes back with the present GOP', () => {
    const choice = new PictureChoice();
    const run = (from: number, to: number, joins = false) => choice.pieces(upTo(to), { from, to }, joins);
    const nothing = undefined;
    expect(run(20, 25, true)).toEqual([{ part: 'all', from: 20, to: 25, tells: nothing }]);
    choice.wanted = false;
    expect(run(25, 29)).toEqual([{ part: 'all', from: 25, to: 29, tells: nothing }]);
    expect(run(29, 32)).toEqual([
      { part: 'all', from: 29, to: 30, tells: nothing },
      { part: 'sound', from: 30, to: 32, tells: { sent: false, repeats: 0 } },
    ]);
    expect(run(32, 47)).toEqual([{ part: 'sound', from: 32, to: 47, tells: nothing }]);
    choice.wanted = true;
    expect(run(47, 48)).toEqual([
      { part: 'picture', from: 40, to: 47, tells: { sent: true, repeats: 7 } },
      { part: 'all', from: 47, to: 48, tells: nothing },
    ]);
  });

  it('comes with every join, and is left out again from the keyframe after it', () => {
    const choice = new PictureChoice();
    choice.wanted = false;
    choice.pieces(upTo(22), { from: 20, to: 22 }, false);
    expect(choice.pieces(upTo(42), { from: 30, to: 42 }, true)).toEqual([
      { part: 'all', from: 30, to: 40, tells: { sent: true, repeats: 0 } },
      { part: 'sound', from: 40, to: 42, tells: { sent: false, repeats: 0 } },
    ]);
  });

  it('is whole from a keyframe on, and the sound comes once, whatever is asked when', () => {
    const steps = fc.array(fc.record({ wanted: fc.boolean(), chunks: fc.integer({ min: 1, max: 15 }) }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(steps, (asked) => {
        const choice = new PictureChoice();
        let next = 0;
        const pieces = asked.flatMap(({ wanted, chunks }): readonly Piece[] => {
          choice.wanted = wanted;
          const run = { from: next, to: next + chunks };
          next += chunks;
          return choice.pieces(upTo(next), run, run.from === 0);
        });
        const listed = (parts: readonly Piece['part'][]): number[] =>
          pieces
            .filter(({ part }) => parts.includes(part))
            .flatMap(({ from, to }) => Array.from({ length: to - from }, (_, n) => from + n));
        expect(listed(['all', 'sound'])).toEqual(Array.from({ length: next }, (_, n) => n));
        const pictures = listed(['all', 'picture']);
        for (const [n, at] of pictures.entries()) {
          if (at !== (pictures[n - 1] ?? -1) + 1) expect(at % GOP).toBe(0);
          if (n > 0) expect(at).toBeGreaterThan(pictures[n - 1]!);
        }
      }),
    );
  });
});
