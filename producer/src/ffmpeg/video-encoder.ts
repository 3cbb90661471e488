import type { EncodingPreset, HardwareEncoder, VideoEncoder } from '@topicast/contracts/encoding';
import { X264_PRESETS, type X264Preset } from '../config.js';

/** How the picture of one rendition is encoded. Everything here is ours, or a number that was checked. */
export interface PictureCoding {
  readonly encoder: VideoEncoder;
  readonly preset: EncodingPreset;
  /** The operator's, for the preset with the least delay; the others take slower ones. */
  readonly x264Preset: X264Preset;
  readonly threads: number;
  /** Bits a second, at most. */
  readonly bitrate: number;
  /** Seconds from one to the next, or those of the pictures that come. */
  readonly keyframes: number | 'as they come';
  /** Pictures a second; undefined: as ffmpeg takes them to be. */
  readonly rate: number | undefined;
  /** What x264 writes into the stream about the colours. */
  readonly colours: readonly string[];
}

/**
 * What the presets mean to x264. A lookahead holds as many pictures back: it sees which parts of a picture stay, and spends
 * the bits there. None of them has B-frames, see docs/design/encoding.md.
 */
const PRESETS: Record<
  EncodingPreset,
  { readonly stepsSlower: number; readonly lookaheadSeconds: number; readonly hardware: 0 | 1 | 2 }
> = {
  'low-latency': { stepsSlower: 0, lookaheadSeconds: 0, hardware: 0 },
  balanced: { stepsSlower: 1, lookaheadSeconds: 0.2, hardware: 1 },
  quality: { stepsSlower: 2, lookaheadSeconds: 0.4, hardware: 2 },
};
/** Where nobody knows how fast the pictures come. */
const USUAL_RATE = 30;

/**
 * x264 gives keyframes finer steps than other pictures (ipratio 1.4), which pays where they come rarely. Here they come
 * each second, and a large one is late on a narrow link. With equal steps they are a quarter smaller, and this factor
 * gives all pictures the bits that they had at 23: the picture is as good, see docs/measurements.md.
 */
const RATE_FACTOR = '22.7';

/** ffmpeg's names. */
export const FFMPEG_ENCODERS: Readonly<Record<HardwareEncoder, string>> = {
  nvenc: 'h264_nvenc',
  qsv: 'h264_qsv',
  vaapi: 'h264_vaapi',
  videotoolbox: 'h264_videotoolbox',
};

/** Ahead of the inputs: the device that takes the pictures in. Without a name, ffmpeg takes the first that it can open. */
export const deviceArguments = (encoder: VideoEncoder): string[] =>
  encoder === 'vaapi' ? ['-init_hw_device', 'vaapi=hardware', '-filter_hw_device', 'hardware'] : [];

/** The last filter, which brings the pictures to the hardware. */
export const uploadFilter = (encoder: VideoEncoder): string | undefined =>
  encoder === 'vaapi' ? 'format=nv12,hwupload' : undefined;

// By default, an encoder counts in pictures, and each one is moved to the nearest whole number: by up to half a picture,
// away from its sound.
const EXACT_TIMES = ['-enc_time_base:v', '1:90000'];

/** The encoder's arguments: no B-frames, and keyframes by time, whatever the frame rate. */
export const videoEncoder = (coding: PictureCoding): string[] =>
  coding.encoder === 'x264' ? x264(coding) : hardware(coding.encoder, coding);

/**
 * Pictures to the encoder's own keyframe: it only has to be out of the way. How far apart those are that come is up to
 * somebody else's encoder, and one of ours between them would have none beside it in the rendition that is passed on.
 * Quick Sync counts in 16 bits.
 */
const OWN_KEYFRAME = { timed: '600', 'as they come': '65000' } as const;

const keyframes = ({ keyframes }: PictureCoding, ...asIdr: string[]): string[] =>
  keyframes === 'as they come'
    ? ['-force_key_frames', 'source', ...asIdr, '-g', OWN_KEYFRAME['as they come']]
    : [
        ...['-force_key_frames', `expr:gte(t,n_forced*${Math.round(keyframes * 1000) / 1000})`],
        ...[...asIdr, '-g', OWN_KEYFRAME.timed],
      ];

function x264(coding: PictureCoding): string[] {
  const { preset, x264Preset, threads, bitrate, rate, colours } = coding;
  const { stepsSlower, lookaheadSeconds } = PRESETS[preset];
  const fastest = X264_PRESETS.indexOf(x264Preset);
  const slower = X264_PRESETS[Math.min(fastest + stepsSlower, X264_PRESETS.length - 1)]!;
  const pictures = Math.max(1, Math.round(lookaheadSeconds * (rate ?? USUAL_RATE)));
  const parameters = [
    'ipratio=1',
    // Of the tune for the least delay, everything else stays.
    ...(lookaheadSeconds > 0 ? [`rc-lookahead=${pictures}`, 'mbtree=1'] : []),
    // x264 gives each picture its share of the bitrate, whenever that comes. It must not believe the thousand pictures a
    // second of a container that counts in milliseconds.
    ...(rate === undefined ? [] : [`fps=${rate.toFixed(3)}`]),
    ...colours,
  ];
  return [
    ...['-c:v', 'libx264', '-preset', slower, '-tune', 'zerolatency', '-threads:v', String(threads)],
    ...EXACT_TIMES,
    ...['-profile:v', 'high', '-pix_fmt', 'yuv420p', '-bf', '0'],
    ...['-crf', RATE_FACTOR, '-maxrate:v', String(bitrate), '-bufsize:v', String(bitrate)],
    ...['-x264-params', parameters.join(':')],
    ...keyframes(coding, '-forced-idr', '1'),
    ...['-sc_threshold', '0'],
  ];
}

function hardware(encoder: HardwareEncoder, coding: PictureCoding): string[] {
  const { preset, bitrate } = coding;
  return [
    ...['-c:v', FFMPEG_ENCODERS[encoder], ...EXACT_TIMES, '-profile:v', 'high', '-bf', '0'],
    ...keyframes(coding),
    ...['-maxrate:v', String(bitrate), '-bufsize:v', String(bitrate)],
    ...HARDWARE[encoder](PRESETS[preset].hardware, bitrate),
  ];
}

/** What is an encoder's own. A trial tells whether the one of this host takes it, see `trials.ts`. */
const HARDWARE: Record<HardwareEncoder, (preset: 0 | 1 | 2, bitrate: number) => readonly string[]> = {
  nvenc: (preset) => [
    ...['-pix_fmt', 'yuv420p', '-preset', (['p3', 'p4', 'p6'] as const)[preset]],
    ...['-tune', (['ull', 'll', 'hq'] as const)[preset], '-rc', 'vbr', '-cq', '24', '-b:v', '0'],
    ...['-rc-lookahead', '0', '-delay', '0', '-zerolatency', '1', '-no-scenecut', '1', '-forced-idr', '1'],
  ],
  qsv: (preset, bitrate) => [
    ...['-pix_fmt', 'nv12', '-preset', (['veryfast', 'faster', 'medium'] as const)[preset]],
    ...['-b:v', mean(bitrate), '-async_depth', '1', '-look_ahead', '0', '-forced_idr', '1'],
  ],
  vaapi: (_, bitrate) => ['-rc_mode', 'VBR', '-b:v', mean(bitrate), '-async_depth', '1'],
  videotoolbox: (_, bitrate) => ['-pix_fmt', 'nv12', '-realtime', '1', '-b:v', mean(bitrate)],
};

/** Hardware that knows no constant quality aims at a mean, which has to be below the ceiling. */
const mean = (bitrate: number): string => String(Math.round(bitrate * 0.8));
