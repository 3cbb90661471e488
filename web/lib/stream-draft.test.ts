import { ENCODING_PRESETS } from '@topicast/contracts/encoding';
import {
  createStreamRequest,
  type EditStreamRequest,
  editStreamRequest,
  type StreamInfo,
} from '@topicast/contracts/http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodingSummary } from './encoding-draft';
import {
  draftChange,
  draftId,
  draftOf,
  draftProblems,
  draftRequest,
  EMPTY_DRAFT,
  ENCODED_KINDS,
  editableParts,
  encodedAs,
  looksSame,
  problemsAt,
  QUALITIES,
  rebased,
  SOURCE_KINDS,
  type StreamDraft,
} from './stream-draft';

const none: ReadonlySet<string> = new Set();

const typedNumber = (...some: string[]): fc.Arbitrary<string> => fc.constantFrom('', '', ...some);

const anyDraft: fc.Arbitrary<StreamDraft> = fc.record({
  title: fc.oneof(fc.string({ maxLength: 200 }), fc.constantFrom('Friday Night', 'Été')),
  typedId: fc.oneof(fc.constant(undefined), fc.string(), fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/)),
  kind: fc.constantFrom(...SOURCE_KINDS),
  path: fc.oneof(fc.string(), fc.constant('/media/film.mkv')),
  url: fc.oneof(fc.string(), fc.constant('rtsp://cam.example/1')),
  copy: fc.boolean(),
  language: fc.constantFrom('', 'de', 'eng'),
  programme: fc.constantFrom('', '2'),
  ...{ preset: fc.constantFrom(...ENCODING_PRESETS), encoder: fc.constantFrom('x264', 'nvenc') },
  ...{ height: typedNumber('360', '359.5', '9999'), kbit: typedNumber('800', '1e9') },
  ...{ frameRate: typedNumber('25', ' 10 ', 'x'), keyframeSeconds: typedNumber('0,5', '0.1') },
  ...{ sound: fc.constantFrom('on', 'off'), gainDb: typedNumber('-3', '0', '21', '+2.5') },
  quality: fc.constantFrom(...QUALITIES),
  kept: fc.constant(undefined),
});

const info = (part: Partial<StreamInfo> = {}): StreamInfo => ({
  ...{ id: 'cam', title: 'Camera', state: 'live', viewers: 0, source: { kind: 'test' }, version: 3 },
  ...part,
});

/** The stream that a draft makes. */
const infoOf = (draft: StreamDraft): StreamInfo => {
  const { title, source, ladder, encoding } = draftRequest({ ...draft, typedId: 'cam' });
  const more = { ...(ladder && { ladder }), ...(encoding && { encoding }) };
  return info({ title: title ?? 'cam', source, ...more });
};

/** What the gateway makes of a change. */
const changed = (stream: StreamInfo, { version, ...change }: EditStreamRequest): StreamInfo => {
  const { ladder, encoding, ...rest } = { ...stream, ...change };
  return { ...rest, version: version + 1, ...(ladder && { ladder }), ...(encoding && { encoding }) };
};

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

  it('asks for an encoding only as far as it has a meaning there, and says what is wrong with it', () => {
    const typed = {
      ...EMPTY_DRAFT,
      title: 'a',
      height: '360',
      kbit: '0',
      gainDb: '3',
      sound: 'off',
    } as const;
    expect(draftProblems(typed, none)).toEqual({
      kbit: 'Give a number from 100 to 100000, or leave it empty.',
    });
    const laddered = { ...typed, quality: '720p+360p' } as const;
    expect([draftProblems(laddered, none), draftRequest(laddered).encoding]).toEqual([{}, { sound: 'off' }]);
    const copied = { ...typed, kind: 'file', path: '/a', copy: true, preset: 'quality' } as const;
    expect([draftProblems(copied, none), draftRequest(copied).encoding]).toEqual([{}, { sound: 'off' }]);
    expect(draftRequest({ ...typed, kind: 'topic' })).not.toHaveProperty('encoding');
    expect(draftRequest({ ...EMPTY_DRAFT, title: 'a', gainDb: '-2,5' }).encoding).toEqual({ gainDb: -2.5 });
    const summary = (draft: StreamDraft) => encodingSummary(draft, encodedAs(draft));
    expect(summary({ ...EMPTY_DRAFT, preset: 'balanced', height: '480', gainDb: '6' })).toBe(
      'Balanced, 480p, +6 dB',
    );
    expect(summary(EMPTY_DRAFT)).toBe('');
  });

  it('minds only what can be corrected in the form', () => {
    const problems = draftProblems({ ...EMPTY_DRAFT, kind: 'url' }, none);
    expect(Object.keys(problems)).toEqual(['id', 'url']);
    expect(problemsAt(problems, ['title', 'url'])).toEqual({ url: problems.url });
  });
});

describe('the draft of a stream that there is', () => {
  const editable = anyDraft.filter(
    (draft) =>
      ENCODED_KINDS.some((kind) => kind === draft.kind) &&
      Object.keys(draftProblems({ ...draft, typedId: 'cam' }, none)).length === 0,
  );

  it('sends what was changed and nothing else, with the version that was seen', () => {
    fc.assert(
      fc.property(editable, editable, (before, after) => {
        const stream = infoOf(before);
        expect(draftChange(draftOf(stream), stream)).toBeUndefined();
        const wanted = { ...after, typedId: 'cam' };
        const change = draftChange(wanted, stream);
        const result = change ? changed(stream, change) : stream;
        expect(result).toEqual({ ...infoOf(wanted), version: change ? 4 : 3 });
        if (!change) return;
        expect(editStreamRequest.safeParse(change).error).toBeUndefined();
        expect(change.version).toBe(3);
        if (change.source) expect(change.source).not.toEqual(stream.source);
        expect(change.title).not.toBe(stream.title);
      }),
    );
  });

  it('lets the sizes of what an encoder publishes be chosen, and not its source', () => {
    const stream = info({ source: { kind: 'ingest' } });
    expect(editableParts(stream)).toBe('title and sizes');
    const draft: StreamDraft = { ...draftOf(stream), quality: '720p+360p' };
    const ladder = [{ height: 720 }, { height: 360 }];
    expect(draftChange(draft, stream)).toEqual({ version: 3, ladder });
    expect(draftChange({ ...draft, kind: 'test', quality: 'one' }, { ...stream, ladder })).toEqual({
      version: 3,
      ladder: null,
    });
    expect(draftRequest({ ...EMPTY_DRAFT, title: 'a', kind: 'ingest', quality: '720p+360p' }).ladder).toEqual(
      ladder,
    );
  });

  it('removes the ladder where the video is no longer encoded', () => {
    const stream = info({
      source: { kind: 'url', url: 'rtsp://cam.example/1' },
      ladder: [{ height: 720 }, { height: 360 }],
    });
    expect(draftOf(stream).quality).toBe('720p+360p');
    const change = { source: { kind: 'url', url: 'rtsp://cam.example/1', copy: true }, ladder: null };
    expect(draftChange({ ...draftOf(stream), copy: true }, stream)).toEqual({ version: 3, ...change });
  });

  it('keeps a ladder that the form does not offer, until another quality is chosen', () => {
    const ladder = [{ height: 900, bitrate: 2_000_000 }, { height: 450 }];
    const stream = info({ ladder });
    const draft = draftOf(stream);
    expect(draft).toMatchObject({ quality: 'kept', kept: ladder });
    expect(draftChange({ ...draft, title: 'b' }, stream)).toEqual({ version: 3, title: 'b' });
    expect(draftChange({ ...draft, quality: 'one' }, stream)).toEqual({ version: 3, ladder: null });
  });

  it('touches only the title where a command line or another program decides about the rest', () => {
    const bound = info({ boundTo: 'studio-1', source: { kind: 'device', path: '/dev/video0' } });
    const foreign = info({ source: { kind: 'topic' } });
    expect([info(), bound, foreign].map(editableParts)).toEqual(['everything', 'title', 'title']);
    for (const stream of [bound, foreign]) {
      const draft = { ...draftOf(stream), title: ' b ', kind: 'file', path: '/a' } as const;
      expect(draftChange(draft, stream)).toEqual({ version: 3, title: 'b' });
      expect(draftChange({ ...draft, title: '' }, stream)).toEqual({ version: 3, title: 'cam' });
    }
  });

  it('takes what others have changed, and keeps what was typed', () => {
    const [stream, newest] = [
      info(),
      info({ title: 'Theirs', ladder: [{ height: 720 }, { height: 360 }], version: 5 }),
    ];
    const typed: StreamDraft = { ...draftOf(stream), kind: 'url', url: 'rtsp://cam.example/1' };
    const again = rebased(typed, draftOf(stream), draftOf(newest));
    expect(draftChange(again, newest)).toEqual({ version: 5, source: { kind: 'url', url: typed.url } });
    expect(again).toMatchObject({ title: 'Theirs', quality: '720p+360p' });
    // Whether it runs is not in the form.
    expect(looksSame(stream, info({ state: 'offline', enabled: false, version: 4 }))).toBe(true);
    expect(looksSame(stream, newest)).toBe(false);
  });
});
