import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { BLOCK_PIXELS, BLOCKS, drawBarcode, PICTURE_WIDTH as WIDTH } from './barcode.js';
import { FFMPEG } from './ffprobe.js';

const HEIGHT = 720;
export const FRAME_RATE = 30;
/** Backgrounds that take turns: enough motion for a realistic bitrate without drawing each picture. */
const BACKGROUNDS = 30;

/** A running ffmpeg that turns pictures with the time in them into MPEG-TS. */
export interface BarcodeEncoder {
  readonly output: Readable;
  /** When it began to draw. */
  readonly startedAt: number;
  /** When each picture was drawn. The encoder may leave one out, so the time stamp tells which picture it is. */
  readonly drawn: readonly number[];
  /** Stop for a while. Afterwards, all pictures of that time come out at once. */
  hang(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Encodes 720p30 in which every picture carries the time when it was made. @param video ffmpeg's codec and options */
export function startBarcodeEncoder(video: readonly string[], audio: boolean): BarcodeEncoder {
  const frames = backgrounds();
  const encoder = startFfmpeg(video, audio);
  encoder.stdin.on('error', () => undefined);
  const startedAt = Date.now();
  const drawn: number[] = [];
  let counter = 0;
  let timer: NodeJS.Timeout;
  const draw = () => {
    const frame = frames[counter % BACKGROUNDS]!;
    // An encoder that does not keep up gets fewer pictures, not a queue of old ones.
    if (encoder.stdin.writableLength < 2 * frame.byteLength) {
      const now = Date.now();
      drawBarcode(frame, WIDTH, now, counter);
      // A copy, because the pipe may still hold the frame when this background is used again.
      encoder.stdin.write(Buffer.from(frame));
      drawn.push(now);
    }
    counter++;
    const next = startedAt + (counter * 1000) / FRAME_RATE;
    timer = setTimeout(draw, Math.max(0, next - Date.now()));
  };
  draw();
  return {
    output: encoder.stdout,
    startedAt,
    drawn,
    async hang(ms) {
      encoder.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, ms));
      encoder.kill('SIGCONT');
    },
    async close() {
      clearTimeout(timer);
      encoder.kill('SIGKILL');
      await new Promise((resolve) => encoder.once('close', resolve));
    },
  };
}

function startFfmpeg(
  video: readonly string[],
  audio: boolean,
): ChildProcessByStdio<Writable, Readable, null> {
  const picture = [
    '-f',
    'rawvideo',
    '-pix_fmt',
    'yuv420p',
    '-s',
    `${WIDTH}x${HEIGHT}`,
    '-r',
    `${FRAME_RATE}`,
  ];
  return spawn(
    FFMPEG,
    [
      // Without `nobuffer`: with it, ffmpeg drops the picture that it looked at first, and counts from the next one.
      ...['-v', 'error', '-probesize', '32', '-analyzeduration', '0'],
      ...[...picture, '-i', 'pipe:0'],
      ...(audio ? ['-f', 'lavfi', '-i', 'sine=f=440:r=48000:samples_per_frame=1024'] : []),
      ...['-c:v', ...video, '-bf', '0', '-threads', '1', '-pix_fmt', 'yuv420p'],
      ...(audio ? ['-c:a', 'aac', '-b:a', '128k'] : []),
      ...['-muxdelay', '0', '-muxpreload', '0', '-max_interleave_delta', '1', '-flush_packets', '1'],
      ...['-pes_payload_size', '0', '-omit_video_pes_length', '0', '-f', 'mpegts', 'pipe:1'],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
}

/** Pictures in slow motion: bands that drift, and some noise. */
function backgrounds(): Uint8Array[] {
  return Array.from({ length: BACKGROUNDS }, (_, step) => {
    const frame = new Uint8Array((WIDTH * HEIGHT * 3) / 2).fill(128);
    for (let y = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++) {
        const wave = Math.sin((x + step * 43) / 97) + Math.sin((y - step * 24) / 61);
        const noise = ((x * 7919 + y * 104729 + step * 1299709) % 31) - 15;
        frame[y * WIDTH + x] = 110 + wave * 40 + (x % 320 < 60 ? noise : 0);
      }
    }
    // A quiet edge round the code.
    for (let y = 0; y < BLOCK_PIXELS * 2; y++)
      frame.fill(16, y * WIDTH, y * WIDTH + (BLOCKS + 2) * BLOCK_PIXELS);
    return frame;
  });
}
