import { CHUNK_HEADER_BYTES, type ChunkHeader, readChunkHeader, writeChunkHeader } from './chunk-header.js';

/**
 * The binary message of `topicast.v1`, the same for every viewer (the gateway builds it once). Big-endian:
 *
 *      0       1       2       3       4       5       6       7
 *  +-------+-------+---------------+-------------------------------+
 *  | type 1| flags |     part      |      offset, bits 63..32      |  0
 *  +-------+-------+---------------+-------------------------------+
 *  |      offset, bits 31..0       |      chunk header, 40 bytes   |  8
 *  +-------------------------------+                               |
 *  |                              ...                              |
 *  +---------------------------------------------------------------+
 *  |      MPEG-TS packets, 188 bytes each                          | 52
 *
 * Flags: bit 0 asks for an acknowledgement; bit 1 is 0 and must be ignored; bits 2 to 7 are the rendition.
 */
export interface ChunkMessage {
  /** Asks the viewer to say at once that this chunk has arrived. */
  readonly asksForAck: boolean;
  /** The partition that the chunk is in, 0 to 63. */
  readonly rendition: number;
  readonly offset: number;
  readonly part: number;
  readonly header: ChunkHeader;
  /** Whole TS packets; a view of the message's bytes. */
  readonly data: Uint8Array;
}

export const CHUNK_MESSAGE_PREFIX_BYTES = 12 + CHUNK_HEADER_BYTES;
const TYPE_CHUNK = 1;
const ASKS_FOR_ACK = 1;
const RENDITION_SHIFT = 2;
const TWO_32 = 0x1_0000_0000;

/** Write everything that precedes the TS bytes: 52 bytes at `at`. */
export function writeChunkMessagePrefix(message: Omit<ChunkMessage, 'data'>, into: Uint8Array, at = 0): void {
  const view = new DataView(into.buffer, into.byteOffset + at, CHUNK_MESSAGE_PREFIX_BYTES);
  view.setUint8(0, TYPE_CHUNK);
  view.setUint8(1, (message.asksForAck ? ASKS_FOR_ACK : 0) | (message.rendition << RENDITION_SHIFT));
  view.setUint16(2, message.part);
  view.setUint32(4, Math.floor(message.offset / TWO_32));
  view.setUint32(8, message.offset % TWO_32);
  writeChunkHeader(message.header, into, at + 12);
}

/** The chunk in a binary message, or undefined for a message of another type or a damaged one. */
export function decodeChunkMessage(bytes: Uint8Array): ChunkMessage | undefined {
  if (bytes.byteLength < CHUNK_MESSAGE_PREFIX_BYTES || bytes[0] !== TYPE_CHUNK) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readChunkHeader(bytes, 12);
  const offset = view.getUint32(4) * TWO_32 + view.getUint32(8);
  const data = bytes.subarray(CHUNK_MESSAGE_PREFIX_BYTES);
  if (!header || !Number.isSafeInteger(offset) || data.byteLength % 188 !== 0) return undefined;
  const flags = view.getUint8(1);
  const asksForAck = (flags & ASKS_FOR_ACK) !== 0;
  return { asksForAck, rendition: flags >> RENDITION_SHIFT, offset, part: view.getUint16(2), header, data };
}
