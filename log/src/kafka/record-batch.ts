import { gunzipSync } from 'node:zlib';
import { CHUNK_HEADER_KEY, type ChunkHeader, readChunkHeader } from '@topicast/contracts/chunk-header';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { LogError, type LogRecord } from '../chunk-log.js';
import { ByteReader } from './byte-reader.js';

export interface KafkaRecord extends LogRecord {
  readonly key: string | undefined;
  /** A null value: in a table, the key is deleted. */
  readonly isTombstone: boolean;
}

export interface Decoded {
  readonly records: readonly KafkaRecord[];
  /** The offset after the last whole batch, also where the batch holds no record that we want. */
  readonly next: number;
}

const FIRST_BYTES = 12;
const FIXED_BYTES = 61;
const MAGIC_AT = 16;
const COMPRESSION = 0x7;
const LOG_APPEND_TIME = 0x8;
const CONTROL = 0x20;
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
/** More than any batch that a topic of ours takes; a bound for what a foreign producer's gzip unfolds to. */
const MAX_UNCOMPRESSED_BYTES = 64 * 1024 * 1024;

/**
 * Read the record batches of a fetch answer, from offset `from` on. The broker sends whole batches, so the first
 * records may be older than what was asked for, and the last batch may be cut off. Values are copies.
 *
 * Record batch, magic 2 (https://kafka.apache.org/documentation/#recordbatch):
 *
 *    0 baseOffset INT64        | 8 batchLength INT32 (of what follows) | 12 partitionLeaderEpoch INT32
 *   16 magic INT8              | 17 crc UINT32                         | 21 attributes INT16
 *   23 lastOffsetDelta INT32   | 27 baseTimestamp INT64                | 35 maxTimestamp INT64
 *   43 producerId INT64        | 51 producerEpoch INT16                | 53 baseSequence INT32
 *   57 record count INT32      | 61 records, compressed as attributes say
 *
 * @throws {LogError} `invalid` for batches that we cannot read
 */
export function decodeRecords(recordSet: Buffer, from: number): Decoded {
  const records: KafkaRecord[] = [];
  let next = from;
  for (let at = 0; recordSet.byteLength - at >= FIXED_BYTES; ) {
    const end = at + FIRST_BYTES + recordSet.readInt32BE(at + 8);
    if (end > recordSet.byteLength) break;
    next = Math.max(next, readBatch(recordSet.subarray(at, end), from, records));
    at = end;
  }
  return { records, next };
}

function readBatch(batch: Buffer, from: number, records: KafkaRecord[]): number {
  try {
    return decodeBatch(batch, from, records);
  } catch (cause) {
    if (cause instanceof LogError) throw cause;
    throw new LogError('invalid', 'the topic holds a record batch that cannot be read', { cause });
  }
}

/** Returns the offset after the batch: compaction keeps it where it takes the records. */
function decodeBatch(batch: Buffer, from: number, records: KafkaRecord[]): number {
  if (batch.readInt8(MAGIC_AT) !== 2) {
    throw new LogError('invalid', 'the topic holds records in a format older than Kafka 0.11');
  }
  const fixed = new ByteReader(batch);
  const baseOffset = fixed.int64();
  fixed.at = 21;
  const attributes = fixed.int16();
  const after = baseOffset + fixed.int32() + 1;
  const baseTimestamp = fixed.int64();
  const maxTimestamp = fixed.int64();
  if ((attributes & CONTROL) !== 0 || after <= from) return after;

  fixed.at = 57;
  const count = fixed.int32();
  const reader = new ByteReader(uncompressed(batch.subarray(FIXED_BYTES), attributes & COMPRESSION));
  for (let n = 0; n < count; n++) {
    const record = decodeRecord(reader, baseOffset, baseTimestamp, from);
    if (!record) continue;
    const appended = (attributes & LOG_APPEND_TIME) !== 0;
    records.push(appended ? { ...record, timestamp: milliseconds(maxTimestamp) } : record);
  }
  return after;
}

/**
 * Record: length VARINT (of what follows), attributes INT8, timestampDelta VARLONG, offsetDelta VARINT, key and value
 * (VARINT length, -1 for null, and bytes), header count VARINT, headers (key and value in the same way).
 */
function decodeRecord(
  reader: ByteReader,
  baseOffset: number,
  baseTimestamp: number,
  from: number,
): KafkaRecord | undefined {
  const length = reader.varint();
  const end = reader.at + length;
  reader.skip(1);
  const timestamp: Milliseconds = milliseconds(baseTimestamp + reader.varint());
  const offset = baseOffset + reader.varint();
  if (offset < from) {
    reader.at = end;
    return undefined;
  }
  const key = nullableBytes(reader)?.toString('utf8');
  const value = nullableBytes(reader);
  const header = chunkHeader(reader);
  reader.at = end;
  return { offset, timestamp, key, header, value: copyOf(value), isTombstone: value === undefined };
}

function chunkHeader(reader: ByteReader): ChunkHeader | undefined {
  for (let count = reader.varint(); count > 0; count--) {
    const name = nullableBytes(reader)?.toString('latin1');
    const value = nullableBytes(reader);
    if (name === CHUNK_HEADER_KEY && value) return readChunkHeader(value);
  }
  return undefined;
}

function nullableBytes(reader: ByteReader): Buffer | undefined {
  const length = reader.varint();
  return length < 0 ? undefined : reader.take(length);
}

/** A view would keep the whole answer in memory for as long as a ring keeps one chunk of it. */
function copyOf(value: Buffer | undefined): Uint8Array {
  const copy = new Uint8Array(value?.byteLength ?? 0);
  if (value) copy.set(value);
  return copy;
}

function uncompressed(bytes: Buffer, codec: number): Buffer {
  if (codec === 0) return bytes;
  if (codec === 1) return gunzipSync(bytes, { maxOutputLength: MAX_UNCOMPRESSED_BYTES });
  throw new LogError(
    'invalid',
    `the topic's records are compressed with ${CODECS[codec] ?? `codec ${codec}`}: send them with gzip or, better, none`,
  );
}
