import { crc32 } from 'node:zlib';
import {
  CHUNK_HEADER_BYTES,
  type ChunkHeader,
  readChunkHeader,
  writeChunkHeader,
} from '@topicast/contracts/chunk-header';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { LogRecord } from '../chunk-log.js';

/**
 * The key of a record: big-endian, so that LMDB's byte order is the order of the log.
 *
 *      0               4       6                       12
 *  +---------------+-------+-----------------------+
 *  |    topic id   | part. |        offset         |
 *  +---------------+-------+-----------------------+
 */
export const KEY_BYTES = 12;

/** The number of a topic's incarnation: a topic that is deleted and created again gets another one. */
export type TopicId = number;

export function recordKey(topic: TopicId, partition: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  key.writeUInt32BE(topic, 0);
  key.writeUInt16BE(partition, 4);
  key.writeUIntBE(offset, 6, 6);
  return key;
}

export const offsetOfKey = (key: Buffer): number => key.readUIntBE(6, 6);
export const topicOfKey = (key: Buffer): TopicId => key.readUInt32BE(0);

/**
 * The value of a record:
 *
 *      0           8              16             56            60            64
 *  +-----------+--------------+--------------+-------------+-------------+--------~~
 *  | timestamp | bytes before | chunk header | CRC of 0-56 | CRC of rest | TS bytes
 *  | (float64) | (float64)    |              | (u32)       | (u32)       |
 *  +-----------+--------------+--------------+-------------+-------------+--------~~
 *
 * "Bytes before" counts everything that was ever appended to the partition. The size of any span is the difference of
 * two records, so retention by bytes needs no scan at the start and no bookkeeping that could go wrong.
 *
 * LMDB has no checksums. Without these, a damaged timestamp would end retention for good, and damaged TS bytes would
 * reach every viewer's decoder. There are two, because searches and retention read only heads. Together they take 5 us
 * for a record of 12.5 KB.
 */
const CHUNK_HEADER_AT = 16;
const HEAD_CRC_AT = CHUNK_HEADER_AT + CHUNK_HEADER_BYTES;
const VALUE_CRC_AT = HEAD_CRC_AT + 4;
const VALUE_AT = VALUE_CRC_AT + 4;

/** The parts of a record that are written. An event has no chunk header; its place is then zero. */
export interface NewStoredRecord {
  readonly header: ChunkHeader | undefined;
  readonly value: Uint8Array;
}

export interface RecordHead {
  readonly timestamp: Milliseconds;
  readonly bytesBefore: number;
  readonly header: ChunkHeader | undefined;
}

/** @throws {RangeError} if the header does not fit its layout. */
export function encodeRecord(record: NewStoredRecord, timestamp: Milliseconds, bytesBefore: number): Buffer {
  const out = Buffer.allocUnsafeSlow(VALUE_AT + record.value.byteLength);
  out.writeDoubleBE(timestamp, 0);
  out.writeDoubleBE(bytesBefore, 8);
  if (record.header) writeChunkHeader(record.header, out, CHUNK_HEADER_AT);
  else out.fill(0, CHUNK_HEADER_AT, HEAD_CRC_AT);
  out.writeUInt32BE(crc32(out.subarray(0, HEAD_CRC_AT)), HEAD_CRC_AT);
  out.writeUInt32BE(crc32(record.value), VALUE_CRC_AT);
  out.set(record.value, VALUE_AT);
  return out;
}

/** Undefined if the head is damaged. */
export const decodeHead = (stored: Buffer): RecordHead | undefined =>
  isHeadSound(stored) ? readHead(stored) : undefined;

/** Whether the record is as it was written. */
export const isSound = (stored: Buffer): boolean =>
  isHeadSound(stored) && crc32(stored.subarray(VALUE_AT)) === stored.readUInt32BE(VALUE_CRC_AT);

/** An intact record over `stored`, which nobody changes from now on. */
export function decodeRecord(offset: number, stored: Buffer): LogRecord {
  const { timestamp, header } = readHead(stored);
  return { offset, timestamp, header, value: stored.subarray(VALUE_AT) };
}

const isHeadSound = (stored: Buffer): boolean =>
  stored.byteLength >= VALUE_AT &&
  crc32(stored.subarray(0, HEAD_CRC_AT)) === stored.readUInt32BE(HEAD_CRC_AT);

const readHead = (stored: Buffer): RecordHead => ({
  timestamp: milliseconds(stored.readDoubleBE(0)),
  bytesBefore: stored.readDoubleBE(8),
  header: readChunkHeader(stored, CHUNK_HEADER_AT),
});
