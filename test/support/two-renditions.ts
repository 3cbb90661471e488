import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Catalog } from '@topicast/contracts/catalog';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import { FFMPEG } from './ffprobe.js';
import { temporaryFolder } from './temporary.js';

const run = promisify(execFile);
const FRAME_RATE = 30;

/** Best first. Bright pictures, so that a black one among them stands out. */
export const SIZES = [
  { width: 640, height: 360, bitrate: 1_000_000 },
  { width: 320, height: 180, bitrate: 300_000 },
] as const;

/**
 * Two renditions of one test picture, from one encoder: the same decode times, keyframes at the same times. Their sound is
 * cut into frames at different times, so that at a switch one frame overlaps or is missing.
 */
export async function encodeTwoRenditions(seconds: number): Promise<readonly (readonly Chunk[])[]> {
  using folder = temporaryFolder();
  const files = SIZES.map(({ height }) => path.join(folder.path, `${height}.ts`));
  const picture = `testsrc2=size=640x360:rate=${FRAME_RATE},lutyuv=y=60+val*0.7`;
  const outputs = SIZES.flatMap(({ width, height, bitrate }, index) => [
    ...['-map', '0:v', '-map', `${index + 1}:a`, '-t', `${seconds}`, '-s', `${width}x${height}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-bf', '0'],
    ...['-g', `${FRAME_RATE}`, '-keyint_min', `${FRAME_RATE}`, '-sc_threshold', '0', '-b:v', `${bitrate}`],
    ...['-c:a', 'aac', '-b:a', '96k', '-muxdelay', '0', '-muxpreload', '0', '-pes_payload_size', '0'],
    // Away from 0: each output would be moved by its own sound's priming, so that none begins below.
    ...['-omit_video_pes_length', '0', '-output_ts_offset', '1', '-f', 'mpegts', files[index]!],
  ]);
  const sine = ['-f', 'lavfi', '-i', 'sine=f=440:r=48000'];
  const inputs = ['-f', 'lavfi', '-i', picture, ...sine, '-itsoffset', '0.010', ...sine];
  await run(FFMPEG, ['-v', 'error', '-nostdin', '-threads', '1', ...inputs, ...outputs]);
  // Awaited here: the folder goes with this function.
  return await Promise.all(files.map(async (file) => chunksOf(await readFile(file))));
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const chunks: Chunk[] = [];
  const chunker = new Chunker((chunk) => chunks.push(chunk));
  chunker.push(bytes);
  return chunks;
}

export const catalogOf = (session: number): Catalog => ({
  session,
  renditions: SIZES.map(({ width, height, bitrate }, rendition) => ({
    rendition,
    bitrate,
    tracks: [
      { kind: 'video', codec: 'avc1.42c01e', width, height, frameRate: FRAME_RATE },
      { kind: 'audio', codec: 'mp4a.40.2', sampleRate: 48_000, channels: 1 },
    ],
  })),
});
