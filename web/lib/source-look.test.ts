import type { SourceLook } from '@topicast/contracts/look';
import { expect, it } from 'vitest';
import { lookLines, lookSummary, programmesIn, soundLanguages } from './source-look';

const FILM: SourceLook = {
  container: 'matroska,webm',
  duration: 185.4,
  tracks: [
    {
      ...{ kind: 'video', codec: 'hevc', width: 3840, height: 1608, frameRate: 23.98, range: 'pq' },
      ...{ isTurned: false, isInterlaced: true, becomes: 'encoded', why: 'For the least delay.' },
    },
    {
      kind: 'audio',
      codec: 'ac3',
      language: 'eng',
      sampleRate: 44_100,
      channels: '5.1(side)',
      becomes: 'encoded',
    },
    { kind: 'audio', codec: 'aac', language: 'ger', becomes: 'left out', why: 'One sound is sent.' },
    { kind: 'subtitle', codec: 'subrip', language: 'klingon', programme: 2, becomes: 'left out' },
  ],
  renditions: [
    { width: 1720, height: 720, bitrate: 3_000_000 },
    { width: 860, height: 360 },
  ],
  notes: [],
};

it('puts each track into a line', () => {
  expect(lookLines(FILM)).toEqual([
    {
      ...{ name: 'Picture', facts: 'hevc, 3840 × 1608, 23.98 fps, HDR (PQ), interlaced' },
      ...{ fate: 'encoded', why: 'For the least delay.' },
    },
    { name: 'Sound', facts: 'ac3, 5.1(side), 44.1 kHz, English', fate: 'encoded', why: undefined },
    { name: 'Sound', facts: 'aac, German', fate: 'left out', why: 'One sound is sent.' },
    { name: 'Subtitles', facts: 'subrip, klingon, programme 2', fate: 'left out', why: undefined },
  ]);
});

it('says what it is and what viewers get', () => {
  expect(lookSummary(FILM)).toBe(
    'A recording of 3 min 5 s, in matroska. Viewers get 1720 × 720 (up to 3.0 Mbit/s), 860 × 360.',
  );
  const live = { ...FILM, duration: undefined, container: 'flv', renditions: [] };
  expect(lookSummary({ ...live, tracks: FILM.tracks.slice(1) })).toBe(
    'Live, in flv. Viewers get sound alone.',
  );
  expect(lookSummary(live)).toBe('Live, in flv. No picture of it has come yet.');
});

it('offers languages only where there is a choice', () => {
  expect(programmesIn(FILM)).toEqual(['2']);
  expect(soundLanguages(FILM)).toEqual(['eng', 'ger']);
  expect(soundLanguages({ ...FILM, tracks: FILM.tracks.slice(0, 2) })).toEqual([]);
});
