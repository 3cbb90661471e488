import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { BLOCK_PIXELS, BLOCKS, drawBarcode, PICTURE_WIDTH as WIDTH } from './barcode.js';
import { FFMPEG } from './ffprobe.js';

const HEIGHT = 720;
export const FRAME_RATE = 30;
/** Backgrounds that take turns: enough motion for a realistic bitrate without drawing each picture. */
const BACKGROUNDS = 30;
/** The pictures' numbers begin again after whole seconds, and fit into the code. */
const NUMBERS = FRAME_RATE * 2_000;
/** For the first tenth of each second of pictures, a tone sounds. So the number of a picture tells its place in it. */
export const BEEP_PERIOD_MS = 1_000;
const BEEP = `aevalsrc=0.5*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.1):s=48000`;

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

/** `aac`: as most encoders send it; `opus`: in frames of 10 ms. */
export const SOUNDS = ['aac', 'opus'] as const;
export type Sound = (typeof SOUNDS)[number];

interface EncoderOptions {
  /** ffmpeg's codec and options. */
  readonly video: readonly string[];
  readonly audio: Sound | undefined;
  /** Less than 720, for a machine that has to decode many of them. */
  readonly height?: number | undefined;
  /** An RTSP address to which the same pictures go as well, with the sound as Opus. */
  readonly publishTo?: string | undefined;
}

/** Encodes 720p30 in which every picture carries the time when it was made, and its number. */
export function startBarcodeEncoder(options: EncoderOptions): BarcodeEncoder {
  const frames = backgrounds(options.height ?? HEIGHT);
  const encoder = startFfmpeg(options);
  encoder.stdin.on('error', () => undefined);
  const startedAt = Date.now();
  const drawn: number[] = [];
  let due = 0;
  let timer: NodeJS.Timeout;
  const draw = () => {
    const frame = frames[due % BACKGROUNDS]!;
    // An encoder that does not keep up gets fewer pictures, not a queue of old ones.
    if (encoder.stdin.writableLength < 2 * frame.byteLength) {
      const now = Date.now();
      drawBarcode(frame, WIDTH, now, drawn.length % NUMBERS);
      // A copy, because the pipe may still hold the frame when this background is used again.
      encoder.stdin.write(Buffer.from(frame));
      drawn.push(now);
    }
    due++;
    const next = startedAt + (due * 1000) / FRAME_RATE;
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

function startFfmpeg({
  video,
  audio,
  height = HEIGHT,
  publishTo,
}: EncoderOptions): ChildProcessByStdio<Writable, Readable, null> {
  const size = `${WIDTH}x${height}`;
  return spawn(
    FFMPEG,
    [
      // Without `nobuffer`: with it, ffmpeg drops the picture that it looked at first, and counts from the next one.
      ...['-v', 'error', '-probesize', '32', '-analyzeduration', '0'],
      ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', size, '-r', `${FRAME_RATE}`, '-i', 'pipe:0'],
      ...(audio ? ['-f', 'lavfi', '-i', BEEP] : []),
      ...['-c:v', ...video, '-bf', '0', '-threads', '1', '-pix_fmt', 'yuv420p'],
      ...(audio ? SOUND[audio] : []),
      ...(publishTo === undefined ? toPipe : toPipeAnd(publishTo)),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
}

const SOUND = {
  aac: ['-c:a', 'aac', '-b:a', '128k'],
  opus: ['-c:a', 'libopus', '-b:a', '96k', '-frame_duration', '10', '-application', 'lowdelay'],
} as const;

const toPipe: readonly string[] = [
  ...['-muxdelay', '0', '-muxpreload', '0', '-max_interleave_delta', '1', '-flush_packets', '1'],
  ...['-pes_payload_size', '0', '-omit_video_pes_length', '0', '-f', 'mpegts', 'pipe:1'],
];

/** The picture is encoded once, and no second program adds a delay. WebRTC has no AAC, so the sound is encoded twice. */
function toPipeAnd(address: string): string[] {
  const prompt = 'max_delay=0:max_interleave_delta=1:flush_packets=1';
  const pipe = `[select=\\'v,a:0\\':f=mpegts:${prompt}:pes_payload_size=0:omit_video_pes_length=0]pipe:1`;
  const rtsp = `[select=\\'v,a:1\\':f=rtsp:rtsp_transport=tcp:${prompt}]${address}`;
  return [
    ...['-map', '0:v', '-map', '1:a', '-map', '1:a', '-c:a:1', 'libopus', '-b:a:1', '96k'],
    ...['-max_interleave_delta', '1', '-f', 'tee', `${pipe}|${rtsp}`],
  ];
}

/** Pictures in slow motion: bands that drift, and some noise. */
function backgrounds(height: number): Uint8Array[] {
  return Array.from({ length: BACKGROUNDS }, (_, step) => {
    const frame = new Uint8Array((WIDTH * height * 3) / 2).fill(128);
    for (let y = 0; y < height; y++) {
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
