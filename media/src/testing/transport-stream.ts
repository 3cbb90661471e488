import { execFileSync } from 'node:child_process';
import type { Chunk } from '../mpegts/chunk.js';
import { Chunker } from '../mpegts/chunker.js';

const FFMPEG = process.env.FFMPEG_PATH || 'ffmpeg';
const LOW_LATENCY = '-muxdelay 0 -muxpreload 0 -flush_packets 1 -pes_payload_size 0 -omit_video_pes_length 0';
export const VIDEO = '-f lavfi -i testsrc2=s=320x180:r=30';
export const AUDIO = '-f lavfi -i sine=f=440:r=48000';
export const ZEROLATENCY = '-c:v libx264 -preset ultrafast -tune zerolatency -g 30 -bf 0 -pix_fmt yuv420p';
export const AAC = '-c:a aac -b:a 96k';

const made = new Map<string, Uint8Array>();

/** MPEG-TS made by a real ffmpeg. @param options inputs and encoders; `lowLatency: false` leaves its multiplexer at its defaults. */
export function transportStream(options: string, { lowLatency = true, seconds = 4 } = {}): Uint8Array {
  return run(`${options} -t ${seconds} ${lowLatency ? LOW_LATENCY : ''} -f mpegts`);
}

/** H.264 made by a real ffmpeg, as Annex B. */
export const elementaryStream = (options: string): Uint8Array => run(`${options} -f h264`);

function run(options: string): Uint8Array {
  const args = `-v error -nostdin ${options} pipe:1`;
  const bytes =
    made.get(args) ??
    new Uint8Array(
      execFileSync(FFMPEG, args.split(/\s+/), { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] }),
    );
  made.set(args, bytes);
  return bytes;
}

/** Its packets, as views. */
export const packetsOf = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: Math.floor(bytes.byteLength / 188) }, (_, i) =>
    bytes.subarray(i * 188, i * 188 + 188),
  );

export const join = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** All chunks of a stream. */
export function chunksOf(bytes: Uint8Array): Chunk[] {
  const chunks: Chunk[] = [];
  const chunker = new Chunker((chunk) => chunks.push(chunk));
  chunker.push(bytes);
  chunker.end();
  return chunks;
}
