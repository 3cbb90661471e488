import { describe, expect, it } from 'vitest';
import type { Catalog } from './catalog.js';
import { type Diagnosed, diagnose, sentenceOf } from './diagnosis.js';
import type { AudienceFigures, ProducerFigures } from './stream-health.js';
import { milliseconds } from './units.js';

const FIGURES: ProducerFigures = {
  ...{ from: 'producer', process: 'p', session: 1, way: 'sent' },
  renditions: [{ bitrate: 3_000_000, frameRate: 30 }],
  speed: 1,
  keyframeInterval: 2_000,
  late: { p50: 5, p95: 40 },
  behind: 0,
  queued: 1,
  append: { p50: 2, p95: 8 },
  ...{ dropped: 0, jumps: 0, uneven: 0.01, hasReordering: false, waitsForReordering: false },
};
const CATALOG: Catalog = {
  session: 1,
  renditions: [{ rendition: 0, tracks: [{ kind: 'video', codec: 'avc1.64001f' }, { kind: 'audio' }] }],
};
const AUDIENCE: AudienceFigures = { viewers: 10, renditions: [10], stalled: 0 };
const SOUND_ONLY: Catalog = { session: 1, renditions: [{ rendition: 0, tracks: [{ kind: 'audio' }] }] };
const withVideo = (codec: string): Catalog => ({
  session: 1,
  renditions: [{ rendition: 0, tracks: [{ kind: 'video', codec }, { kind: 'audio' }] }],
});

const codes = (
  producer: Partial<ProducerFigures> = {},
  { audience = AUDIENCE, ...rest }: Partial<Diagnosed> = {},
): string[] =>
  diagnose({
    catalog: CATALOG,
    liveFor: milliseconds(60_000),
    ...rest,
    audience,
    producer: { ...FIGURES, ...producer },
  }).map(({ code }) => code);

describe('a diagnosis', () => {
  it('finds nothing wrong with a good stream, from its first moment on', () => {
    expect(codes()).toEqual([]);
    expect(codes({ way: 'encoded' })).toEqual([]);
    expect(codes({ speed: 0.5, behind: 900 }, { liveFor: milliseconds(2_000) })).toEqual([]);
    expect(
      diagnose({ catalog: undefined, liveFor: milliseconds(0), producer: undefined, audience: undefined }),
    ).toEqual([]);
  });

  it.each<[string, Partial<ProducerFigures>]>([
    ['b-frames', { hasReordering: true, waitsForReordering: true }],
    ['long-gop', { keyframeInterval: 4_000 }],
    ['no-vui', { waitsForReordering: true }],
    ['uneven-rate', { uneven: 0.3 }],
    ['jumps', { jumps: 3 }],
    ['slow-uplink', { speed: 0.9, behind: 1_200 }],
    ['slow-encoder', { speed: 0.9, behind: 1_200, way: 'encoded' }],
    ['slow-source', { speed: 0.9, behind: 1_200, way: 'copied' }],
    ['rough-uplink', { late: { p50: 100, p95: 400 } }],
    ['chunks-lost', { dropped: 4 }],
    ['slow-log', { append: { p50: 100, p95: 300 } }],
  ])('finds %s', (code, figures) => {
    expect(codes(figures)).toEqual([code]);
  });

  it('looks at the tracks', () => {
    expect(codes({}, { catalog: SOUND_ONLY })).toEqual(['no-picture']);
    expect(codes({}, { catalog: withVideo('hvc1.1.6.L93.B0') })).toEqual(['hevc']);
    expect(codes({}, { catalog: withVideo('avc1.f4000d') })).toEqual(['rare-profile']);
    const silent = { session: 1, renditions: [{ rendition: 0, tracks: [{ kind: 'video' as const }] }] };
    expect(codes({}, { catalog: silent })).toEqual(['no-sound']);
    expect(codes({ way: 'encoded' }, { catalog: silent, isSoundOff: true })).toEqual([]);
  });

  it('speaks of encoders only where there is one', () => {
    const told = (catalog: Catalog): string[] =>
      diagnose({
        ...{ catalog, audience: undefined, liveFor: milliseconds(60_000) },
        producer: { ...FIGURES, way: 'copied' },
      }).map(sentenceOf);
    expect(told(SOUND_ONLY)).toEqual([
      'The source has no picture: if there should be one, look at the source.',
    ]);
    expect(told(withVideo('hvc1.1.6.L93.B0'))[0]).toMatch(/encode it again here/);
  });

  it('tells of viewers that stall, and what to do about it', () => {
    expect(codes({}, { audience: { viewers: 10, renditions: [10], stalled: 1 } })).toEqual([]);
    expect(codes({}, { audience: { viewers: 10, renditions: [10], stalled: 3 } })).toEqual(['viewers-stall']);
  });

  it('takes over what was seen and heard, and is silent about an encoder that is away', () => {
    const analysis = {
      findings: [{ kind: 'black' as const, since: '', words: 'The picture is black: look at the camera.' }],
    };
    const context = { catalog: SOUND_ONLY, audience: undefined, liveFor: milliseconds(60_000), analysis };
    const [black] = diagnose({ ...context, producer: undefined });
    expect(black).toEqual({
      ...{ code: 'black', severity: 'warning' },
      ...{ words: 'The picture is black', remedy: 'look at the camera' },
    });
    expect(diagnose({ ...context, producer: { ...FIGURES, jumps: 9 }, isAway: true })).toEqual([]);
  });

  it('names the worst first, in sentences', () => {
    const found = diagnose({
      ...{ catalog: CATALOG, audience: AUDIENCE, liveFor: milliseconds(60_000) },
      producer: { ...FIGURES, uneven: 0.5, hasReordering: true, dropped: 1 },
    });
    expect(found.map(({ severity }) => severity)).toEqual(['bad', 'warning', 'hint']);
    for (const finding of found) expect(sentenceOf(finding)).toMatch(/^[A-Z][^:]*: .*\.$/);
  });

  it('speaks of a source that is passed on as of one that could be encoded', () => {
    const [finding] = diagnose({
      ...{ catalog: CATALOG, audience: undefined, liveFor: milliseconds(60_000) },
      producer: { ...FIGURES, way: 'copied', hasReordering: true },
    });
    expect(finding?.words).toBe('The source, which is sent as it is, has B-frames, which add delay');
  });
});
