import { CONFINED_INPUT } from '../ffmpeg/confined.js';

/** Seconds that something lasts before it is a finding. Films fade to black for a second or two, and people pause. */
const BLACK_S = 5;
const FROZEN_S = 20;
const SILENT_S = 10;
/** Of the picture's pixels that are dark, and how dark. */
const BLACK = 'pic_th=0.98:pix_th=0.10';
/**
 * How little two pictures differ on average, when nothing moves: an encoder needs some seconds until its keyframes of
 * a still picture are alike to this, and the noise of any camera is above.
 */
const FROZEN_NOISE = '-70dB';
const SILENT_NOISE = '-60dB';
const WIDTH = 320;
/** Live, so what is known after two seconds has to do. */
const PROBE: readonly string[] = ['-probesize', '2000000', '-analyzeduration', '2000000'];

const print = (filter: 'metadata' | 'ametadata', pipe: number, key?: string): string =>
  `${filter}=mode=print${key === undefined ? '' : `:key=${key}`}:file=pipe\\\\:${pipe}:direct=1`;

const PICTURE = [
  `scale=${WIDTH}:-2:flags=fast_bilinear`,
  `blackdetect=d=${BLACK_S}:${BLACK}`,
  `freezedetect=n=${FROZEN_NOISE}:d=${FROZEN_S}`,
  print('metadata', 1),
].join(',');

const SOUND = [
  `silencedetect=n=${SILENT_NOISE}:d=${SILENT_S}`,
  print('ametadata', 3, 'lavfi.silence_start'),
  print('ametadata', 3, 'lavfi.silence_end'),
  'ebur128=metadata=1',
  print('ametadata', 3, 'lavfi.r128.S'),
].join(',');

/**
 * Look at the keyframes only (0.4 s of CPU a minute of 720p30, where all pictures cost 2.6 s), and listen to everything.
 * The filters write what they find about the picture to the standard output, and about the sound to descriptor 3.
 */
export const ANALYSIS_ARGUMENTS: readonly string[] = [
  ...CONFINED_INPUT,
  ...['-skip_frame', 'nokey', ...PROBE, '-i', 'pipe:0'],
  ...['-map', '0:v:0?', '-map', '0:a:0?', '-vf', PICTURE, '-af', SOUND],
  ...['-f', 'null', '-'],
];
