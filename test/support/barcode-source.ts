import { spawn } from 'node:child_process';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkLog, NewRecord } from '@topicast/log';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import { BLOCK_PIXELS, BLOCKS, drawBarcode } from './barcode.js';
import { FFMPEG } from './ffprobe.js';

const WIDTH = 1280;
const HEIGHT = 720;
const FRAME_RATE = 30;
const TICKS_A_PICTURE = 90_000 / FRAME_RATE;
/** Backgrounds that take turns: enough motion for a realistic bitrate without drawing each picture. */
const BACKGROUNDS = 30;

export interface BarcodeSource {
  readonly id: StreamId;
  /** Stop the encoder for a while; what it was given meanwhile comes out at once. */
  hang(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** A stream of 720p30 in which every picture carries the time when it was made; by default with sound. */
export async function startBarcodeSource(
  log: ChunkLog,
  name: string,
  { audio = true }: { audio?: boolean } = {},
): Promise<BarcodeSource> {
  const id = streamId(name);
  await log.createTopic(id, { partitions: 1, retentionMs: milliseconds(600_000) });
  const frames = backgrounds();
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
  const encoder = spawn(
    FFMPEG,
    [
      ...['-v', 'error', '-probesize', '32', '-analyzeduration', '0'],
      ...[...picture, '-i', 'pipe:0'],
      ...(audio ? ['-f', 'lavfi', '-i', 'sine=f=440:r=48000:samples_per_frame=1024'] : []),
      ...[
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-tune',
        'zerolatency',
        '-g',
        '30',
        '-bf',
        '0',
        '-b:v',
        '3M',
      ],
      ...['-maxrate', '3M', '-bufsize', '1500k', '-threads', '1', '-pix_fmt', 'yuv420p'],
      ...(audio ? ['-c:a', 'aac', '-b:a', '128k'] : []),
      ...['-muxdelay', '0', '-muxpreload', '0', '-max_interleave_delta', '1', '-flush_packets', '1'],
      ...['-pes_payload_size', '0', '-omit_video_pes_length', '0', '-f', 'mpegts', 'pipe:1'],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const session = Date.now();
  /** When each picture was drawn. The encoder may leave one out, so the time stamp tells which picture it is. */
  const drawn: number[] = [];
  const publish = publisher(log, id, session, drawn);
  const chunker = new Chunker((chunk) => publish(chunk));
  encoder.stdout.on('data', (data: Buffer) => chunker.push(data));
  encoder.stdin.on('error', () => undefined);

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
    const next = session + (counter * 1000) / FRAME_RATE;
    timer = setTimeout(draw, Math.max(0, next - Date.now()));
  };
  draw();
  return {
    id,
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

function publisher(log: ChunkLog, id: StreamId, session: number, drawn: number[]): (chunk: Chunk) => void {
  let waiting: NewRecord[] = [];
  let sending = false;
  let sequence = 0;
  let wallClock = session;
  const send = async () => {
    sending = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await log.append(id, 0, batch);
    }
    sending = false;
  };
  return ({ data, start: _, ...chunk }) => {
    if (!chunk.audioOnly) wallClock = drawn[Math.floor(chunk.decodeTime / TICKS_A_PICTURE)] ?? wallClock;
    const header = { ...chunk, session, sequence: sequence++, wallClock: milliseconds(wallClock), gop: 0 };
    waiting.push({ value: data, header });
    if (!sending) send().catch(() => undefined);
  };
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
