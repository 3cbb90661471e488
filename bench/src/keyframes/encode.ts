import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { FFMPEG } from '@topicast/test/ffprobe';
import { quantile } from '@topicast/test/glass';
import { chunksOfFile } from '@topicast/test/replay-source';
import type { Encoding } from './encodings.js';

/** Pictures before compression, and the ceiling of their bitrate. */
export interface Original {
  readonly file: string;
  readonly bitrate: number;
  readonly pictureRate: number;
}

/** A file of MPEG-TS, and what it is like. */
export interface Encoded {
  readonly file: string;
  readonly crf: number;
  readonly kbitPerSecond: number;
  /** Of the chunks of pictures. */
  readonly largestKb: number;
  readonly keyframeP50Kb: number;
  /** Structural similarity to the original, of the mean picture and of the worst in a hundred. */
  readonly ssim: number;
  readonly ssimP1: number;
  readonly sizes: readonly number[];
}

const SETTINGS = '-c:v libx264 -preset veryfast -tune zerolatency -threads:v 2 -profile:v high -bf 0'.split(
  ' ',
);
const MPEGTS = '-muxdelay 0 -muxpreload 0 -omit_video_pes_length 0 -f mpegts'.split(' ');
const TUNINGS = 5;
/** How much a step of 1 in the constant rate factor changes the logarithm of the bitrate, about. */
const LOG_RATE_A_STEP = 0.11;

const run = (args: readonly string[]): void => {
  execFileSync(FFMPEG, ['-v', 'error', '-nostdin', '-y', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
};

/** The first seconds of a clip, without loss; a short clip is repeated. */
export function original(clip: string, folder: string, seconds: number, filter: string): string {
  const file = path.join(folder, 'original.mkv');
  const lossless = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0', '-pix_fmt', 'yuv420p'];
  run(['-stream_loop', '-1', '-i', clip, '-t', String(seconds), '-an', '-vf', filter, ...lossless, file]);
  return file;
}

/** Encode at this constant rate factor; or find the factor with which the file gets this many kbit a second. */
export function encode(
  from: Original,
  encoding: Encoding,
  file: string,
  aim: { crf: number; kbit?: number },
): Encoded {
  let { crf } = aim;
  for (let tuning = 0; ; tuning += 1) {
    const made = encodeOnce(from, encoding, file, crf);
    const off = aim.kbit === undefined ? 0 : Math.log(made.kbitPerSecond / aim.kbit);
    if (Math.abs(off) < 0.005 || tuning === TUNINGS) return { ...made, ...similarity(file, from.file) };
    crf = Math.max(1, crf + off / LOG_RATE_A_STEP);
  }
}

function encodeOnce(
  { file: original, bitrate, pictureRate }: Original,
  { options }: Encoding,
  file: string,
  crf: number,
) {
  const rate = ['-crf', crf.toFixed(2), '-maxrate', String(bitrate)];
  run(['-i', original, ...SETTINGS, ...rate, ...options(bitrate, pictureRate), ...MPEGTS, file]);
  const chunks = chunksOfFile(file);
  const sizes = chunks.map(({ data }) => data.byteLength);
  const keyframes = chunks.filter(({ keyframe }) => keyframe).map(({ data }) => data.byteLength);
  const seconds = chunks.length / pictureRate;
  return {
    ...{ file, crf, sizes, kbitPerSecond: (sizes.reduce((sum, size) => sum + size, 0) * 8) / 1000 / seconds },
    // The first picture has no predecessors to learn from, in any encoding.
    ...{ largestKb: Math.max(...sizes.slice(1)) / 1000, keyframeP50Kb: quantile(keyframes, 0.5) / 1000 },
  };
}

export function similarity(file: string, original: string): Pick<Encoded, 'ssim' | 'ssimP1'> {
  const log = `${file}.ssim`;
  const compare = `[0:v]settb=AVTB,setpts=N[a];[1:v]settb=AVTB,setpts=N[b];[a][b]ssim=stats_file=${log}`;
  run(['-i', file, '-i', original, '-lavfi', compare, '-f', 'null', '-']);
  const values = [...readFileSync(log, 'utf8').matchAll(/All:([\d.]+)/g)].map(([, value]) => Number(value));
  return {
    ssim: values.reduce((sum, value) => sum + value, 0) / values.length,
    ssimP1: quantile(values, 0.01),
  };
}
