import { createStreamRequest } from '@topicast/contracts/http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  draftId,
  draftProblems,
  draftRequest,
  EMPTY_DRAFT,
  objectionsAtFields,
  QUALITIES,
  SOURCE_KINDS,
  type StreamDraft,
} from './stream-draft';

const none: ReadonlySet<string> = new Set();

const anyDraft: fc.Arbitrary<StreamDraft> = fc.record({
  title: fc.oneof(fc.string({ maxLength: 200 }), fc.constantFrom('Friday Night', 'Été')),
  typedId: fc.oneof(fc.constant(undefined), fc.string(), fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/)),
  kind: fc.constantFrom(...SOURCE_KINDS),
  path: fc.oneof(fc.string(), fc.constant('/media/film.mkv')),
  url: fc.oneof(fc.string(), fc.constant('rtsp://cam.example/1')),
  copy: fc.boolean(),
  quality: fc.constantFrom(...QUALITIES),
});

describe('the draft of a stream', () => {
  it('makes a request that the contract accepts, whenever it has no problems', () => {
    fc.assert(
      fc.property(anyDraft, (draft) => {
        fc.pre(Object.keys(draftProblems(draft, none)).length === 0);
        expect(createStreamRequest.safeParse(draftRequest(draft)).error).toBeUndefined();
      }),
    );
  });

  it('lets the id follow the title until somebody types one', () => {
    const titled = { ...EMPTY_DRAFT, title: 'Friday Night' };
    expect(draftId(titled)).toBe('friday-night');
    expect(draftId({ ...titled, typedId: '' })).toBe('');
  });

  it('asks only for what the chosen source needs', () => {
    const draft = { ...EMPTY_DRAFT, title: 'a' };
    expect(draftProblems({ ...draft, kind: 'topic' }, none)).toEqual({});
    expect(Object.keys(draftProblems({ ...draft, kind: 'file' }, none))).toEqual(['path']);
    expect(draftProblems({ ...draft, kind: 'url', url: 'cam.example/1' }, none).url).toMatch(/protocol/);
  });

  it('asks for a ladder only where there is an encoder', () => {
    const draft: StreamDraft = { ...EMPTY_DRAFT, title: 'a', quality: '720p+360p', copy: true };
    expect(draftRequest(draft).ladder).toEqual([{ height: 720 }, { height: 360 }]);
    expect(draftRequest({ ...draft, kind: 'file', path: '/a' }).ladder).toBeUndefined();
    expect(draftRequest({ ...draft, kind: 'topic' }).ladder).toBeUndefined();
    expect(draftRequest({ ...draft, quality: 'one' }).ladder).toBeUndefined();
  });

  it('shows the objections of the gateway where they belong', () => {
    const objections = new Map([
      ['source', 'does not answer'],
      ['id', 'taken'],
      ['renditions', 'unknown'],
    ]);
    expect(objectionsAtFields(objections, 'url')).toEqual({
      fields: { url: 'does not answer', id: 'taken' },
      rest: ['unknown'],
    });
  });
});
