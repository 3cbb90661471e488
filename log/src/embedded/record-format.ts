import {
  CHUNK_HEADER_BYTES,
  type ChunkHeader,
  readChunkHeader,
  writeChunkHeader,
} from '@topicast/contracts/chunk-header';
import type { Milliseconds } from '@topicast/contracts/units';
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

/** The number of a topic's incarnation: a topic that is deleted and made again gets another one. */
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
 *      0                       8                      16                      56
 *  +-----------------------+-----------------------+------------~~---------+--------~~
 *  |  timestamp, float64   |  bytes before, f64    |  chunk header         | TS bytes
 *  +-----------------------+-----------------------+------------~~---------+--------~~
 *
 * "Bytes before" counts what was ever appended to the partition: the size of any span is the difference of two
 * records, so that retention by bytes needs no scan at start and no books that could go wrong.
 */
const PREFIX_BYTES = 16;
const VALUE_AT = PREFIX_BYTES + CHUNK_HEADER_BYTES;

/** What is written of a record; an event has no chunk header, whose place is then zero. */
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
  if (record.header) writeChunkHeader(record.header, out, PREFIX_BYTES);
  else out.fill(0, PREFIX_BYTES, VALUE_AT);
  out.set(record.value, VALUE_AT);
  return out;
}

export const decodeHead = (stored: Buffer): RecordHead => ({
  timestamp: stored.readDoubleBE(0) as Milliseconds,
  bytesBefore: stored.readDoubleBE(8),
  header: readChunkHeader(stored, PREFIX_BYTES),
});

/** A record over `stored`, which nobody changes from now on. */
export function decodeRecord(offset: number, stored: Buffer): LogRecord {
  const { timestamp, header } = decodeHead(stored);
  return { offset, timestamp, header, value: stored.subarray(VALUE_AT) };
}
