/// <reference path="../testing/mux.d.ts" />

import mp4 from 'mux.js/lib/mp4/mp4-generator.js';
import { describe, expect, it } from 'vitest';
import { aac } from '../codec/aac.js';
import { h264 } from '../codec/h264.js';
import { sampleEntryOf } from '../codec/table.js';
import { keyframe, PPS, SPS } from '../testing/h264-units.js';
import { boxAt, boxesOf, readFragment } from '../testing/mp4.js';
import { adtsFrame } from '../testing/packetizer.js';
import { initSegment } from './init-segment.js';
import { mediaFragment } from './media-fragment.js';

/** mux.js's box generator, which made the boxes of Topicast's first players, shows what they should look like. */
const VIDEO = h264.read(keyframe())!.config!;
const AUDIO = aac
  .reader({ pid: 0x101, type: 0x0f, descriptors: new Uint8Array(0) })
  .read(adtsFrame(new Uint8Array(9), { channels: 2 }), 0)[0]!.config;
const LIVE = { majorBrand: 'isom', brands: ['isom', 'avc1'], duration: 'infinite' } as const;

const SAME = ['mvhd', 'trak/tkhd', 'trak/mdia/mdhd', 'trak/mdia/hdlr'];
const SAME_IN_MINF = ['dinf', 'stbl/stts', 'stbl/stsc', 'stbl/stsz', 'stbl/stco'];
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('init segments', () => {
  const ours = {
    video: initSegment([{ id: 1, config: VIDEO, entry: sampleEntryOf(VIDEO) }], LIVE),
    audio: initSegment([{ id: 2, config: AUDIO, entry: sampleEntryOf(AUDIO) }], LIVE),
  };
  const [, profileIdc = 0, profileCompatibility = 0, levelIdc = 0] = SPS;
  const theirs = {
    video: mp4.initSegment([
      {
        ...{ type: 'video', id: 1, width: 64, height: 64, profileIdc, profileCompatibility, levelIdc },
        sarRatio: [1, 1],
        sps: [SPS],
        pps: [PPS],
      },
    ]),
    audio: mp4.initSegment([
      {
        ...{ type: 'audio', id: 2, samplerate: 48_000, channelcount: 2, samplesize: 16 },
        audioobjecttype: 2,
        samplingfrequencyindex: 3,
      },
    ]),
  };

  it.each(['video', 'audio'] as const)('have the same boxes of %s', (kind) => {
    const [a, b] = [boxAt(ours[kind], 'moov'), boxAt(theirs[kind], 'moov')];
    expect(hex(boxAt(ours[kind], 'ftyp'))).toBe(hex(boxAt(theirs[kind], 'ftyp')));
    const media = [...SAME_IN_MINF, kind === 'video' ? 'vmhd' : 'smhd'].map(
      (path) => `trak/mdia/minf/${path}`,
    );
    for (const path of [...SAME, ...media])
      expect(withoutStamps(path, boxAt(a, path)), path).toBe(withoutStamps(path, boxAt(b, path)));
  });

  it('set a decoder up as theirs do', () => {
    const inside = (init: Uint8Array, headBytes: number, type: string) => {
      const entry = boxesOf(boxAt(init, 'moov/trak/mdia/minf/stbl/stsd').subarray(8))[0]!;
      return boxesOf(entry.body.subarray(headBytes))
        .find((box) => box.type === type)!
        .body.slice();
    };
    expect(hex(inside(ours.audio, 28, 'esds'))).toBe(hex(inside(theirs.audio, 28, 'esds')));
    const [a, b] = [inside(ours.video, 78, 'avcC'), inside(theirs.video, 78, 'avcC')];
    // Three reserved bits, which are 1 (ISO 14496-15 5.3.3.1).
    b[5]! |= 0xe0;
    expect(hex(a)).toBe(hex(b));
    expect(hex(inside(ours.video, 78, 'pasp'))).toBe(hex(inside(theirs.video, 78, 'pasp')));
  });
});

/** Times of creation and change are 0 here and invented there. An audio track has a width of 0 in both. */
function withoutStamps(path: string, body: Uint8Array): string {
  const copy = body.slice();
  if (/mvhd|tkhd|mdhd/.test(path)) copy.fill(0, 4, 12);
  // mux.js gives pictures a volume as well.
  if (path.endsWith('tkhd')) copy.fill(0, 36, 38);
  return hex(copy);
}

it('fragments say the same of their samples', () => {
  const flags = { isLeading: 0, isDependedOn: 0, hasRedundancy: 0, paddingValue: 0, degradationPriority: 0 };
  for (const [decodeTime, sequence] of [
    [0, 0],
    [2 ** 33 + 5, 7],
    [2 ** 40, 2 ** 31],
  ] as const) {
    const pictures = [true, false, false].map((isKeyframe, i) => ({
      parts: [Uint8Array.of(i), Uint8Array.of(i, i)],
      duration: 3000 + i,
      video: { keyframe: isKeyframe, compositionOffset: 6000 * i },
    }));
    const data = Uint8Array.from(pictures.flatMap(({ parts }) => parts.flatMap((part) => [...part])));
    const samples = pictures.map(({ duration, video }) => ({
      ...{ duration, size: 3, compositionTimeOffset: video.compositionOffset },
      flags: { ...flags, dependsOn: video.keyframe ? 2 : 1, isNonSyncSample: video.keyframe ? 0 : 1 },
    }));
    const theirs = [
      mp4.moof(sequence, [{ type: 'video', id: 1, baseMediaDecodeTime: decodeTime, samples }]),
      mp4.mdat(data),
    ];
    const read = readFragment(mediaFragment(sequence, 1, decodeTime, pictures));
    expect(read).toEqual(readFragment(Uint8Array.from(theirs.flatMap((part) => [...part]))));
    expect(read.decodeTime).toBe(decodeTime);
  }
});
