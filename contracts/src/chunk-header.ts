import type { Milliseconds, Ticks90k } from './units.js';

/**
 * What we know about a chunk besides its bytes. It travels as one Kafka header (key `t`) of the record, and inside the
 * WebSocket chunk message. Big-endian, 40 bytes:
 *
 *      0       1       2       3       4       5       6       7
 *  +-------+-------+---------------+-------------------------------+
 *  |version| flags | sinceKeyframe |           sequence            |  0
 *  +-------+-------+---------------+-------------------------------+
 *  |                     session (unsigned 64)                     |  8
 *  +---------------------------------------------------------------+
 *  |             decode time, 90 kHz ticks (signed 64)             | 16
 *  +---------------------------------------------------------------+
 *  |         wall clock of the decode time, us (unsigned 64)       | 24
 *  +-------------------------------+-------------------------------+
 *  | presentation offset, ticks    |          GOP number           | 32
 *  +-------------------------------+-------------------------------+
 *
 * flags: 1 keyframe, 2 discontinuity, 4 audio only. A later version may append fields: readers accept longer headers
 * of version 1 and ignore the rest.
 */
export interface ChunkHeader {
  /**
   * A decoder can start here: PAT, PMT and the parameter sets come first. An audio-only stream has one such chunk a
   * second.
   */
  readonly keyframe: boolean;
  /** Does not continue the previous chunk: the first of a session, or after a loss or a jump of the clock. */
  readonly discontinuity: boolean;
  readonly audioOnly: boolean;
  /**
   * The number of chunks since the last keyframe chunk (0 in one), at most 65,535: a hint for finding it, which needs a
   * check.
   */
  readonly sinceKeyframe: number;
  /** Counts the chunks of a session from 0, 32 bits. A gap is loss; a number not above the last one is a repeat. */
  readonly sequence: number;
  /** Milliseconds since the epoch at which the encoder started, made strictly growing per stream. */
  readonly session: number;
  /** Decode time of the access unit (or of the first audio frame), unwrapped. */
  readonly decodeTime: Ticks90k;
  /** When the encoder took in the frame: the wall clock of the decode time, with fractions down to the microsecond. */
  readonly wallClock: Milliseconds;
  /** Presentation time minus decode time, ticks. */
  readonly presentationOffset: Ticks90k;
  /**
   * Which GOP of the stream this chunk belongs to, 32 bits. Counted from 1 over all sessions, the same in all
   * renditions; 0 if the writer does not count.
   */
  readonly gop: number;
}

export const CHUNK_HEADER_BYTES = 40;
export const CHUNK_HEADER_KEY = 't';
const VERSION = 1;
const KEYFRAME = 1;
const DISCONTINUITY = 2;
const AUDIO_ONLY = 4;
const TWO_32 = 0x1_0000_0000;

/** Write a header of 40 bytes at `at`. @throws {RangeError} if a field does not fit. */
export function writeChunkHeader(header: ChunkHeader, into: Uint8Array, at = 0): void {
  const view = new DataView(into.buffer, into.byteOffset + at, CHUNK_HEADER_BYTES);
  const wallClockUs = Math.round(header.wallClock * 1000);
  if (!(header.session >= 0 && Number.isSafeInteger(header.session) && wallClockUs >= 0)) {
    throw new RangeError('chunk header: session and wall clock must be whole, positive numbers below 2^53');
  }
  view.setUint8(0, VERSION);
  view.setUint8(
    1,
    (header.keyframe ? KEYFRAME : 0) |
      (header.discontinuity ? DISCONTINUITY : 0) |
      (header.audioOnly ? AUDIO_ONLY : 0),
  );
  view.setUint16(2, Math.min(header.sinceKeyframe, 0xffff));
  view.setUint32(4, header.sequence);
  setInt64(view, 8, header.session);
  setInt64(view, 16, Math.round(header.decodeTime));
  setInt64(view, 24, wallClockUs);
  view.setInt32(32, header.presentationOffset);
  view.setUint32(36, header.gop);
}

export function encodeChunkHeader(header: ChunkHeader): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(CHUNK_HEADER_BYTES);
  writeChunkHeader(header, out);
  return out;
}

/** The header at `at`, or undefined if there is none (too short, another version, numbers beyond 2^53). */
export function readChunkHeader(from: Uint8Array, at = 0): ChunkHeader | undefined {
  if (from.byteLength - at < CHUNK_HEADER_BYTES || from[at] !== VERSION) return undefined;
  const view = new DataView(from.buffer, from.byteOffset + at, CHUNK_HEADER_BYTES);
  const flags = view.getUint8(1);
  const session = getInt64(view, 8);
  const decodeTime = getInt64(view, 16);
  const wallClockUs = getInt64(view, 24);
  const exact = [session, decodeTime, wallClockUs].every(Number.isSafeInteger);
  if (!exact || session < 0 || wallClockUs < 0) return undefined;
  return {
    keyframe: (flags & KEYFRAME) !== 0,
    discontinuity: (flags & DISCONTINUITY) !== 0,
    audioOnly: (flags & AUDIO_ONLY) !== 0,
    sinceKeyframe: view.getUint16(2),
    sequence: view.getUint32(4),
    session,
    decodeTime: decodeTime as Ticks90k,
    wallClock: (wallClockUs / 1000) as Milliseconds,
    presentationOffset: view.getInt32(32) as Ticks90k,
    gop: view.getUint32(36),
  };
}

// Two 32-bit halves: several times faster than BigInt, exact below 2^53.
function setInt64(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / TWO_32));
  view.setUint32(at + 4, ((value % TWO_32) + TWO_32) % TWO_32);
}

const getInt64 = (view: DataView, at: number): number => view.getInt32(at) * TWO_32 + view.getUint32(at + 4);
