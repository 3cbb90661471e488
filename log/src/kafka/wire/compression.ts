import { gunzipSync, gzipSync } from 'node:zlib';
import { Decompress } from 'fzstd';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { compressSync, uncompressSync } from 'snappy';
import { LogError } from '../../chunk-log.js';

/** Bits 0-2 of a batch's attributes. */
export const CODEC = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

/** More than any batch that one of our topics accepts; a limit for the unpacked size of a foreign producer's batch. */
export const MAX_UNFOLDED_BYTES = 64 * 1024 * 1024;

/** @throws {LogError} `invalid` if it would become too large; the codec's error if the bytes are invalid */
export function unfold(bytes: Buffer, codec: number): Buffer {
  switch (codec) {
    case CODEC.none:
      return bytes;
    case CODEC.gzip:
      return gunzipSync(bytes, { maxOutputLength: MAX_UNFOLDED_BYTES });
    case CODEC.snappy:
      return unfoldSnappy(bytes);
    case CODEC.lz4:
      checkSize(largestLz4(bytes));
      return decompressFrameSync(bytes);
    case CODEC.zstd:
      return unfoldZstd(bytes);
    default:
      throw new LogError(
        'invalid',
        `the topic's records are compressed with codec ${codec}, which is unknown`,
      );
  }
}

/** Codecs for writing, by their numbers, in the form of kafkajs's registry. */
export const FOLDS: Readonly<Record<number, (bytes: Buffer) => Buffer>> = {
  [CODEC.gzip]: (bytes) => gzipSync(bytes),
  [CODEC.snappy]: foldSnappy,
  [CODEC.lz4]: (bytes) => compressFrameSync(bytes),
};

/**
 * snappy-java's stream, which Kafka's own clients write: this header, version INT32, compatible version INT32, and
 * blocks of length INT32 and raw snappy. Others (librdkafka) write one block of raw snappy without any of that.
 */
const XERIAL_HEADER = Buffer.from('\x82SNAPPY\0', 'latin1');
const XERIAL_BLOCKS_AT = XERIAL_HEADER.byteLength + 8;
const XERIAL_BLOCK_BYTES = 32 * 1024;

function unfoldSnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, XERIAL_HEADER.byteLength).equals(XERIAL_HEADER)) return snappyBlock(bytes);
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = XERIAL_BLOCKS_AT; at < bytes.byteLength; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.byteLength) throw new RangeError('a snappy block is cut off');
    const block = snappyBlock(bytes.subarray(at + 4, end));
    total += block.byteLength;
    checkSize(total);
    blocks.push(block);
    at = end;
  }
  return Buffer.concat(blocks, total);
}

/** Raw snappy begins with its unfolded length as a varint. */
function snappyBlock(bytes: Buffer): Buffer {
  let length = 0;
  for (let n = 0, scale = 1; n < 5; n++, scale *= 128) {
    const byte = bytes.readUInt8(n);
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  checkSize(length);
  return uncompressSync(bytes, { asBuffer: true }) as Buffer;
}

function foldSnappy(bytes: Buffer): Buffer {
  const parts = [XERIAL_HEADER, int32(1), int32(1)];
  for (let at = 0; at < bytes.byteLength; at += XERIAL_BLOCK_BYTES) {
    const block = compressSync(bytes.subarray(at, at + XERIAL_BLOCK_BYTES));
    parts.push(int32(block.byteLength), block);
  }
  return Buffer.concat(parts);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** No LZ4 block unfolds to more than this many times its size. */
const LZ4_RATIO = 255;
const LZ4_END = 0;
const LZ4_CONTENT_SIZE = 0x08;
const LZ4_BLOCK_CHECKSUM = 0x10;
const LZ4_DICTIONARY = 0x01;

/**
 * The most that an LZ4 frame can unfold to, from the sizes of its blocks.
 *
 *   magic 0x184D2204, FLG, BD (bits 4-6: 4 64 KB .. 7 4 MB), [content size INT64], [dictionary INT32], checksum INT8,
 *   blocks: size INT32 (little-endian, bit 31: stored as it is; 0: the end), bytes, [checksum INT32]
 */
function largestLz4(bytes: Buffer): number {
  const flags = bytes.readUInt8(4);
  const blockBytes = 1 << (8 + 2 * ((bytes.readUInt8(5) >> 4) & 7));
  let at = 7 + (flags & LZ4_CONTENT_SIZE ? 8 : 0) + (flags & LZ4_DICTIONARY ? 4 : 0);
  let total = 0;
  for (;;) {
    const size = bytes.readUInt32LE(at) & 0x7fff_ffff;
    if (size === LZ4_END) return total;
    total += Math.min(blockBytes, LZ4_RATIO * size);
    at += 4 + size + (flags & LZ4_BLOCK_CHECKSUM ? 4 : 0);
  }
}

function unfoldZstd(bytes: Buffer): Buffer {
  checkSize(zstdWindows(bytes));
  const parts: Uint8Array[] = [];
  let total = 0;
  const stream = new Decompress((part) => {
    total += part.byteLength;
    checkSize(total);
    parts.push(part);
  });
  stream.push(bytes, true);
  return Buffer.concat(parts, total);
}

const ZSTD_MAGIC = 0xfd2fb528;
/** Without its lowest four bits, which are anything. */
const ZSTD_SKIPPABLE = 0x184d2a5;
const ZSTD_CHECKSUM = 0x04;
const ZSTD_REPEATED = 1;

/**
 * How much Zstandard frames make their reader allocate in total (RFC 8878 3.1.1):
 *
 *   magic INT32 (all are little-endian), header as in {@link zstdHeader}, blocks, [checksum INT32]
 *   block: INT24 (bit 0: the last one; bits 1-2: 1 for a byte to be repeated; bits 3-23: size), bytes
 *   or, to be skipped: magic 0x184D2A5?, size INT32, bytes
 */
function zstdWindows(bytes: Buffer): number {
  let total = 0;
  for (let at = 0; at < bytes.byteLength; ) {
    const magic = bytes.readUInt32LE(at);
    if (magic >>> 4 === ZSTD_SKIPPABLE) {
      at += 8 + bytes.readUInt32LE(at + 4);
      continue;
    }
    if (magic !== ZSTD_MAGIC) throw new RangeError('not a Zstandard frame');
    const { window, end } = zstdHeader(bytes, at + 4);
    total += window;
    const checksumBytes = bytes.readUInt8(at + 4) & ZSTD_CHECKSUM ? 4 : 0;
    at = end;
    for (let isLast = false; !isLast; ) {
      const block = bytes.readUIntLE(at, 3);
      isLast = (block & 1) !== 0;
      at += 3 + (((block >> 1) & 3) === ZSTD_REPEATED ? 1 : block >> 3);
    }
    at += checksumBytes;
  }
  return total;
}

/**
 * A frame's window, and where its header ends: descriptor INT8 (bits 0-1 and 6-7: sizes of the fields below, bit 5: a
 * single segment, whose window is its content), [window INT8], [dictionary id], [content size].
 */
function zstdHeader(bytes: Buffer, start: number): { readonly window: number; readonly end: number } {
  const descriptor = bytes.readUInt8(start);
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeAt = start + (isSingle ? 1 : 2) + [0, 1, 2, 4][descriptor & 3]!;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const end = sizeAt + sizeBytes;
  if (!isSingle) {
    const byte = bytes.readUInt8(start + 1);
    const base = 2 ** (10 + (byte >> 3));
    return { window: base + (base / 8) * (byte & 7), end };
  }
  switch (sizeBytes) {
    case 1:
      return { window: bytes.readUInt8(sizeAt), end };
    case 2:
      return { window: bytes.readUInt16LE(sizeAt) + 256, end };
    case 4:
      return { window: bytes.readUInt32LE(sizeAt), end };
    default:
      return { window: Number(bytes.readBigUInt64LE(sizeAt)), end };
  }
}

function checkSize(bytes: number): void {
  if (bytes <= MAX_UNFOLDED_BYTES) return;
  throw new LogError(
    'invalid',
    `the topic holds a batch that unpacks to more than ${MAX_UNFOLDED_BYTES} bytes`,
  );
}
