import { concatenated } from '../bytes.js';
import type { AudioConfig, VideoConfig } from '../codec/codec.js';
import { box, fullBox, letters, u16, u32, zeros } from '../iso-bmff.js';

/** The set-up of a track. */
export interface TrackInit {
  readonly id: number;
  readonly config: VideoConfig | AudioConfig;
  /** The box in `stsd`, from `sampleEntryOf`: a writer of live fragments has no table of the codecs. */
  readonly entry: Uint8Array;
  /** ISO 639-2. */
  readonly language?: string | undefined;
}

export interface InitOptions {
  readonly majorBrand: string;
  readonly brands: readonly string[];
  /**
   * For live media, all durations are 0xffffffff, which means infinite and makes Chromium present pictures with low
   * delay. Otherwise they are 0: the fragments say how long it is, and so does `mehd` if a number is given (ISO
   * 14496-12 8.8.2).
   */
  readonly duration: 'infinite' | 'in fragments' | number;
}

/** The movie's time scale, which only `mehd` uses. */
export const MOVIE_TIMESCALE = 90_000;
const VIDEO_TIMESCALE = 90_000;

/** A track's time scale: units per second. */
export const timescaleOf = (config: VideoConfig | AudioConfig): number =>
  config.kind === 'video' ? VIDEO_TIMESCALE : config.sampleRate;

/** ftyp and moov of a fragmented file (ISO 14496-12 8.2). */
export function initSegment(tracks: readonly TrackInit[], options: InitOptions): Uint8Array<ArrayBuffer> {
  const { majorBrand, brands, duration } = options;
  const length = u32(duration === 'infinite' ? 0xffff_ffff : 0);
  const ftyp = box('ftyp', letters(majorBrand), u32(1), brands.flatMap(letters));
  const mvhd = fullBox('mvhd', {}, zeros(8), u32(MOVIE_TIMESCALE), length, [
    ...[...u32(0x1_0000), ...u16(0x100), ...zeros(10), ...MATRIX, ...zeros(24), ...u32(0xffff_ffff)],
  ]);
  const mehd = typeof duration === 'number' ? fullBox('mehd', {}, u32(duration)) : [];
  const mvex = box('mvex', mehd, ...tracks.map(trackExtends));
  return concatenated([ftyp, box('moov', mvhd, ...tracks.map((track) => trackBox(track, length)), mvex)]);
}

/** 8.2.2: no rotation or scaling. */
const MATRIX = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000].flatMap(u32);

const ENABLED = 0x7;
const NO_ENTRIES = u32(0);
/** sample_depends_on 2: playback can start with any audio sample (8.8.3.1). */
const INDEPENDENT = 0x200_0000;

function trackBox({ id, config, entry, language = 'und' }: TrackInit, duration: number[]): Uint8Array {
  const isVideo = config.kind === 'video';
  const [width, height] = isVideo ? [config.width, config.height] : [0, 0];
  const volume = isVideo ? 0 : 0x100;
  const tkhd = fullBox('tkhd', { flags: ENABLED }, zeros(8), u32(id), zeros(4), duration, [
    ...[
      ...zeros(8),
      ...u16(0),
      ...u16(0),
      ...u16(volume),
      ...u16(0),
      ...MATRIX,
      ...u16(width),
      0,
      0,
      ...u16(height),
      0,
      0,
    ],
  ]);
  const mdhd = fullBox('mdhd', {}, zeros(8), u32(timescaleOf(config)), duration, packed(language), zeros(2));
  const handler = isVideo ? 'videVideoHandler' : 'sounSoundHandler';
  const hdlr = fullBox(
    'hdlr',
    {},
    zeros(4),
    letters(handler.slice(0, 4)),
    zeros(12),
    letters(handler.slice(4)),
    [0],
  );
  const header = isVideo ? fullBox('vmhd', { flags: 1 }, zeros(8)) : fullBox('smhd', {}, zeros(4));
  const dinf = box('dinf', fullBox('dref', {}, u32(1), fullBox('url ', { flags: 1 })));
  const stbl = box(
    'stbl',
    fullBox('stsd', {}, u32(1), entry),
    ...['stts', 'stsc'].map((type) => fullBox(type, {}, NO_ENTRIES)),
    fullBox('stsz', {}, u32(0), NO_ENTRIES),
    fullBox('stco', {}, NO_ENTRIES),
  );
  return box('trak', tkhd, box('mdia', mdhd, hdlr, box('minf', header, dinf, stbl)));
}

const trackExtends = ({ id, config }: TrackInit): Uint8Array =>
  fullBox('trex', {}, u32(id), u32(1), zeros(8), u32(config.kind === 'video' ? 0 : INDEPENDENT));

/** Three letters in five bits each (8.4.2.3). */
const packed = (language: string): number[] =>
  u16(letters(language).reduce((value, letter) => (value << 5) | (letter - 0x60), 0));
