/**
 * What all servers of the bench send: chunks that contain their number and their time of publication, so that a viewer
 * can check every byte and the order, and knows how old each chunk is.
 *
 *  0  4  0x47 "TOP"
 *  4  4  number, counting from 0
 *  8  8  when it was published: milliseconds of the machine's monotonic clock, IEEE 754
 * 16     noise, from a place that depends on the number
 *
 * All big-endian. `loop.c` makes the same.
 */
export interface StreamShape {
  /** Of a chunk. */
  readonly bytes: number;
  readonly chunksPerSecond: number;
}

/** 3 Mbit/s, 30 pictures a second. */
export const TELEVISION: StreamShape = { bytes: 66 * 188, chunksPerSecond: 30 };
/** 300 kbit/s, 10 pictures a second. */
export const POSTCARD: StreamShape = { bytes: 20 * 188, chunksPerSecond: 10 };

/** Nothing at all. */
export const SILENCE: StreamShape = { bytes: 66 * 188, chunksPerSecond: 0 };

export const CHUNK_HEAD_BYTES = 16;
const MAGIC = 0x47544f50;
const PLACES = 64;
const STEP = 97;

/** Milliseconds of CLOCK_MONOTONIC, the same in all processes of a machine. */
export const machineTime = (): number => BASE + performance.now();
/** The two clocks are read one after the other; the fastest of several tries makes the time between them small. */
const BASE = Math.max(
  ...Array.from({ length: 20 }, () => Number(process.hrtime.bigint()) / 1e6 - performance.now()),
);

/** The same bytes everywhere: Numerical Recipes' generator, its upper eight bits. */
export function makeNoise({ bytes }: StreamShape): Buffer {
  const noise = Buffer.alloc(bytes + PLACES * STEP);
  let state = 1;
  for (let at = 0; at < noise.byteLength; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    noise[at] = state >>> 24;
  }
  return noise;
}

/** Where in the noise the byte at `at` of chunk `number` comes from. */
export const noiseAt = (number: number, at: number): number =>
  (number % PLACES) * STEP + at - CHUNK_HEAD_BYTES;

export function makeChunk({ bytes }: StreamShape, noise: Buffer, number: number): Buffer {
  const chunk = Buffer.allocUnsafe(bytes);
  chunk.writeUInt32BE(MAGIC, 0);
  chunk.writeUInt32BE(number, 4);
  noise.copy(chunk, CHUNK_HEAD_BYTES, noiseAt(number, CHUNK_HEAD_BYTES));
  chunk.writeDoubleBE(machineTime(), 8);
  return chunk;
}

/** Number and time of publication, or undefined if this is not the beginning of a chunk. */
export function readChunkHead(head: Buffer): { number: number; publishedAt: number } | undefined {
  if (head.readUInt32BE(0) !== MAGIC) return undefined;
  return { number: head.readUInt32BE(4), publishedAt: head.readDoubleBE(8) };
}
