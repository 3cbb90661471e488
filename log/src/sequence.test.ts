import { headerOf } from '@topicast/test/headers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceGuard } from './sequence.js';

describe('the sequence guard', () => {
  it('takes strictly growing chunks only, marks every gap, and begins again at a keyframe after one', () => {
    const offered = fc.array(
      fc.record({
        session: fc.integer({ min: 1, max: 3 }),
        sequence: fc.integer({ min: 0, max: 12 }),
        keyframe: fc.boolean(),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(offered, (chunks) => {
        const guard = new SequenceGuard();
        let last: { session: number; sequence: number } | undefined;
        for (const chunk of chunks) {
          const verdict = guard.judge(headerOf(chunk.sequence, chunk));
          if (verdict.kind === 'drop') continue;
          if (last) {
            const grows =
              chunk.session > last.session ||
              (chunk.session === last.session && chunk.sequence > last.sequence);
            const continues = chunk.session === last.session && chunk.sequence === last.sequence + 1;
            expect(grows).toBe(true);
            expect(verdict.gap === undefined).toBe(continues);
            if (verdict.gap) expect(chunk.keyframe).toBe(true);
            if (verdict.gap && chunk.session === last.session) {
              expect(verdict.gap).toEqual({ reason: 'lost', missing: chunk.sequence - last.sequence - 1 });
            } else if (verdict.gap) {
              expect(verdict.gap.reason).toBe('session');
            }
          }
          last = chunk;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('drops a resent batch', () => {
    const guard = new SequenceGuard();
    for (const sequence of [0, 1, 2]) guard.judge(headerOf(sequence, { keyframe: sequence === 0 }));
    expect(guard.judge(headerOf(1))).toEqual({ kind: 'drop', reason: 'repeat' });
    expect(guard.judge(headerOf(3))).toEqual({ kind: 'take', gap: undefined });
    expect(guard.lost).toBe(0);
  });

  it('drops the chunks of an encoder that has been replaced', () => {
    const guard = new SequenceGuard();
    guard.judge(headerOf(5, { session: 2, keyframe: true }));
    expect(guard.judge(headerOf(900, { session: 1, keyframe: true }))).toEqual({
      kind: 'drop',
      reason: 'stale',
    });
  });
});
