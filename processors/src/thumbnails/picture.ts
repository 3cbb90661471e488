import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { MOST_THUMBNAIL_BYTES } from '@topicast/contracts/thumbnails';
import { CONFINED_INPUT, killConfined, startConfined } from '../ffmpeg/confined.js';

const SIDE = 320;
/** JPEG quality of ffmpeg's, 2 is the best. */
const QUALITY = '5';
/** It takes 0.1 s; a busy machine may take twenty times as long, because it is less important than what is on air. */
const LONGEST_MS = 8_000;
const PROBE_BYTES = '5000000';

/** In the shape in which it is shown, the longer side `SIDE`. A header may claim any shape. */
const SCALE =
  `scale=w='max(16,trunc(min(${SIDE},${SIDE}*dar)/2)*2)':h='max(16,trunc(min(${SIDE},${SIDE}/dar)/2)*2)'` +
  ':flags=fast_bilinear+accurate_rnd,setsar=1,format=yuvj420p';

const ARGUMENTS: readonly string[] = [
  ...CONFINED_INPUT,
  ...['-probesize', PROBE_BYTES, '-analyzeduration', '0', '-i', 'pipe:0'],
  ...['-map', '0:v:0', '-frames:v', '1', '-vf', SCALE],
  ...['-c:v', 'mjpeg', '-q:v', QUALITY, '-threads', '1', '-f', 'image2pipe', 'pipe:1'],
];

/**
 * A small picture of a keyframe chunk, JPEG; undefined if it cannot be decoded within the limits of time, memory and
 * size. Never rejects.
 */
export async function takePicture(
  keyframe: Uint8Array,
  ffmpegPath: string,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  if (signal.aborted) return undefined;
  let child: ChildProcess;
  try {
    child = startConfined(ffmpegPath, ARGUMENTS, 1);
  } catch {
    return undefined;
  }
  const kill = (): void => killConfined(child);
  const limit = setTimeout(kill, LONGEST_MS);
  signal.addEventListener('abort', kill, { once: true });
  const parts: Buffer[] = [];
  let size = 0;
  (child.stdout as Readable).on('data', (part: Buffer) => {
    size += part.byteLength;
    if (size <= MOST_THUMBNAIL_BYTES) parts.push(part);
    else kill();
  });
  (child.stderr as Readable).resume();
  (child.stdin as Writable).end(keyframe);
  try {
    const [code] = await once(child, 'close');
    return code === 0 && size > 0 && size <= MOST_THUMBNAIL_BYTES ? Buffer.concat(parts) : undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', kill);
  }
}
