import { describe, expect, it } from 'vitest';
import { type Encoding, encodingProblem } from './encoding.js';
import { createStreamRequest } from './http.js';

const FILE = { kind: 'file', path: '/media/film.mkv' } as const;
const COPIED = { ...FILE, copy: true } as const;
const LADDER = [{ height: 720 }, { height: 360 }];
const ALL: Required<Encoding> = {
  ...{ preset: 'quality', height: 480, frameRate: 25, kbit: 800, keyframeSeconds: 2 },
  ...{ sound: 'on', gainDb: 3, encoder: 'nvenc' },
};
const fields = Object.keys(ALL) as (keyof Encoding)[];
const refused = (stream: Omit<Parameters<typeof encodingProblem>[0], 'encoding'>, encoding = ALL) =>
  fields.filter((field) => encodingProblem({ ...stream, encoding: { [field]: encoding[field] } }));

describe('encodingProblem', () => {
  it('refuses what has no meaning for the source, each field by itself', () => {
    expect(refused({ source: FILE })).toEqual([]);
    expect(encodingProblem({ source: FILE, encoding: ALL })).toBeUndefined();
    expect(refused({ source: COPIED })).toEqual(fields.filter((field) => field !== 'sound'));
    expect(refused({ source: FILE, ladder: LADDER })).toEqual(['height', 'kbit']);
    expect(refused({ source: { kind: 'topic' } })).toEqual(fields);
    expect(refused({ source: { kind: 'ingest' } })).toEqual(fields);
    expect(refused({ source: { kind: 'ingest' }, ladder: LADDER })).toEqual(fields);
  });

  it('refuses what contradicts itself, and names the field', () => {
    const encoding = { sound: 'off', gainDb: 6 } as const;
    expect(encodingProblem({ source: FILE, encoding })?.field).toBe('gainDb');
    expect(encodingProblem({ source: COPIED, encoding: { sound: 'off' } })).toBeUndefined();
  });

  it('wishes for nothing with nothing, whatever the source is', () => {
    for (const encoding of [undefined, {}, { height: undefined }])
      expect(encodingProblem({ source: { kind: 'topic' }, encoding })).toBeUndefined();
  });
});

describe('a request', () => {
  const problemsOf = (encoding: unknown): string[] => {
    const read = createStreamRequest.safeParse({ id: 'a', source: FILE, encoding });
    return read.success ? [] : read.error.issues.map(({ path }) => path.join('.'));
  };

  it('has checked values', () => {
    expect(problemsOf(ALL)).toEqual([]);
    for (const [field, values] of Object.entries({
      preset: ['', 'veryfast', '-i /etc/passwd'],
      height: [143, 2161, 360.5, '360'],
      frameRate: [0, 61, 29.97],
      kbit: [99, 100_001, Number.NaN],
      keyframeSeconds: [0.4, 4.1, Number.POSITIVE_INFINITY],
      sound: ['mute', true],
      gainDb: [-21, 21, '3;anull'],
      encoder: ['libx264', 'h264_nvenc'],
    })) {
      for (const value of values) expect(problemsOf({ [field]: value })).toEqual([`encoding.${field}`]);
    }
    expect(problemsOf({ 'x264-params': 'log=1' })).toEqual(['encoding']);
  });
});
