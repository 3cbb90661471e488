import { isStreamId } from '@topicast/contracts/stream-id';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slugFromTitle, streamIdProblem } from './stream-slug';

const none: ReadonlySet<string> = new Set();

describe('stream ids', () => {
  it('come from titles', () => {
    expect(slugFromTitle('Friday Night – Été #2')).toBe('friday-night-ete-2');
    expect(slugFromTitle('  --  ')).toBe('');
    expect(slugFromTitle('東京')).toBe('');
  });

  it('are valid, or empty, for any title', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (title) => {
        const slug = slugFromTitle(title);
        expect(slug === '' || isStreamId(slug)).toBe(true);
      }),
    );
  });

  it('have a problem exactly when the contract refuses them', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z0-9-]{0,70}$/)), (id) => {
        expect(streamIdProblem(id, none) === undefined).toBe(isStreamId(id));
      }),
    );
    expect(streamIdProblem('demo', new Set(['demo']))).toMatch(/already exists/);
    expect(streamIdProblem('my stream', none)).toMatch(/spaces/);
  });
});
