import { crc32c } from '@node-rs/crc32';
import { CHUNK_HEADER_KEY, type ChunkHeader, readChunkHeader } from '@topicast/contracts/chunk-header';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { LogRecord } from '../../chunk-log.js';
import { ByteReader } from './byte-reader.js';
import { unfold } from './compression.js';

export interface KafkaRecord extends LogRecord {
  readonly key: string | undefined;
  /** A null value: in a table, the key is deleted. */
  readonly isTombstone: boolean;
}

export interface Decoded {
  readonly records: readonly KafkaRecord[];
  /** The offset after everything that was read, even if that contains no record that we want. */
  readonly next: number;
  /** The data at `next` cannot be read, and nothing after it was read. */
  readonly damage?: Damage;
}

interface Damage {
  /** Where to continue if it stays damaged: after the record, or after the batch, as far as we can tell. */
  readonly after: number;
  readonly reason: string;
}

const FIRST_BYTES = 12;
const FIXED_BYTES = 61;
const MAGIC_AT = 16;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const COMPRESSION = 0x7;
const LOG_APPEND_TIME = 0x8;
const CONTROL = 0x20;
const NO_BYTES = new Uint8Array(0);
/** No batch has more records; we do not believe a larger number in a damaged one. */
const MOST_RECORDS = 1_000_000;

/**
 * Read the record batches of a fetch answer, from offset `from` on. The broker sends whole batches, so the first
 * records may be older than what was asked for, and the last batch may be cut off. Values are views
 * of the answer, which nobody reuses; a caller that keeps a value for long should copy it, as a ring does. Never
 * throws.
 *
 * Record batch, magic 2 (https://kafka.apache.org/documentation/#recordbatch):
 *
 *    0 baseOffset INT64        | 8 batchLength INT32 (of what follows) | 12 partitionLeaderEpoch INT32
 *   16 magic INT8              | 17 CRC-32C UINT32 (of what follows)   | 21 attributes INT16
 *   23 lastOffsetDelta INT32   | 27 baseTimestamp INT64                | 35 maxTimestamp INT64
 *   43 producerId INT64        | 51 producerEpoch INT16                | 53 baseSequence INT32
 *   57 record count INT32      | 61 records, compressed as attributes say
 */
export function decodeRecords(recordSet: Buffer, from: number): Decoded {
  const records: KafkaRecord[] = [];
  let next = from;
  for (let at = 0; recordSet.byteLength - at >= FIRST_BYTES; ) {
    const length = recordSet.readInt32BE(at + 8);
    const end = at + FIRST_BYTES + length;
    // A broker sends the first batch whole, or nothing (Fetch version 3 and later).
    const isCut = end > recordSet.byteLength || length < 0;
    if (isCut && at > 0) break;
    const batch = recordSet.subarray(at, end);
    const reason = isCut ? 'its length' : flaw(batch);
    if (reason) return { records, next, damage: { after: behindDamage(recordSet, at, end, next), reason } };
    const following = offsetBehindFlaw(recordSet, at, end, next);
    if (following !== undefined && following > next) {
      return { records, next, damage: { after: following, reason: 'its offset' } };
    }
    if (following !== undefined) {
      at = end;
      continue;
    }
    const read = decodeBatch(batch, next, records);
    next = Math.max(next, read.next);
    if (read.damage) return { records, next, damage: read.damage };
    at = end;
  }
  return { records, next };
}

/** Why a batch cannot be read, if not even its fixed fields are credible. */
function flaw(batch: Buffer): string | undefined {
  if (batch.byteLength > MAGIC_AT && batch.readInt8(MAGIC_AT) !== 2)
    return 'older than Kafka 0.11, or its magic';
  if (batch.byteLength < FIXED_BYTES) return 'its length';
  return crc32c(batch.subarray(ATTRIBUTES_AT)) === batch.readUInt32BE(CRC_AT) ? undefined : 'CRC-32C';
}

/**
 * The checksum does not cover the offset. If the offset is ahead of the expected one, and of the batch that follows, it
 * is damaged. Returns the offset of the following batch in that case, otherwise undefined.
 */
function offsetBehindFlaw(recordSet: Buffer, at: number, end: number, next: number): number | undefined {
  if (recordSet.byteLength - end < FIRST_BYTES) return undefined;
  const first = new ByteReader(recordSet, at).int64();
  const last = first + recordSet.readInt32BE(at + LAST_OFFSET_DELTA_AT);
  const following = new ByteReader(recordSet, end).int64();
  return first > next && last >= following && following >= next ? following : undefined;
}

/**
 * The batch that follows tells where the damaged one ends; without it, the batch's own fields do, if they are possible.
 */
function behindDamage(recordSet: Buffer, at: number, end: number, from: number): number {
  if (end > at && recordSet.byteLength - end >= FIRST_BYTES) {
    const following = new ByteReader(recordSet, end).int64();
    if (following > from && following - from < MOST_RECORDS) return following;
  }
  if (recordSet.byteLength - at < LAST_OFFSET_DELTA_AT + 4) return from + 1;
  const count = recordSet.readInt32BE(at + LAST_OFFSET_DELTA_AT) + 1;
  const after = new ByteReader(recordSet, at).int64() + count;
  return count > 0 && count < MOST_RECORDS && after > from ? after : from + 1;
}

interface Span {
  readonly next: number;
  readonly damage?: Damage;
}

/**
 * Reads the records from `from` on, and returns the offset after the batch, which compaction keeps even if it removes
 * the records. An unreadable record is damage, and so is a batch whose records cannot be unpacked, because its writer
 * is to blame.
 */
function decodeBatch(batch: Buffer, from: number, records: KafkaRecord[]): Span {
  const fixed = new ByteReader(batch);
  const baseOffset = fixed.int64();
  fixed.at = ATTRIBUTES_AT;
  const attributes = fixed.int16();
  const after = baseOffset + fixed.int32() + 1;
  const baseTimestamp = fixed.int64();
  const maxTimestamp = fixed.int64();
  if ((attributes & CONTROL) !== 0 || after <= from) return { next: after };

  fixed.at = 57;
  const count = fixed.int32();
  const appendTime = (attributes & LOG_APPEND_TIME) !== 0 ? milliseconds(maxTimestamp) : undefined;
  let next = from;
  let behind = after;
  try {
    const reader = new ByteReader(unfold(batch.subarray(FIXED_BYTES), attributes & COMPRESSION));
    for (let n = 0; n < count; n++) {
      behind = after;
      const head = recordHead(reader);
      const offset = baseOffset + head.offsetDelta;
      // Otherwise no later record would ever be read.
      if (offset >= after) throw new RangeError('a record lies behind its batch');
      if (offset >= next) {
        next = offset;
        behind = offset + 1;
        const timestamp = appendTime ?? milliseconds(baseTimestamp + head.timestampDelta);
        records.push(recordBody(reader, head.end, offset, timestamp));
        next = behind;
      }
      reader.at = head.end;
    }
    return { next: after };
  } catch (cause) {
    const reason = (cause as Error).message;
    return next < behind ? { next, damage: { after: behind, reason } } : { next };
  }
}

/**
 * Record: length VARINT (of what follows), attributes INT8, timestampDelta VARLONG, offsetDelta VARINT, key and value
 * (VARINT length, -1 for null, and bytes), header count VARINT, headers (key and value in the same way).
 */
interface RecordHead {
  readonly end: number;
  readonly timestampDelta: number;
  readonly offsetDelta: number;
}

function recordHead(reader: ByteReader): RecordHead {
  const length = reader.varint();
  const end = reader.at + length;
  if (length < 0 || length > reader.left) throw new RangeError('a record is longer than its batch');
  reader.skip(1);
  return { end, timestampDelta: reader.varint(), offsetDelta: reader.varint() };
}

function recordBody(reader: ByteReader, end: number, offset: number, timestamp: Milliseconds): KafkaRecord {
  const key = nullableBytes(reader)?.toString('utf8');
  const value = nullableBytes(reader);
  const header = chunkHeader(reader);
  if (reader.at > end) throw new RangeError('a record is longer than it says');
  return {
    offset,
    timestamp,
    key,
    header,
    value: value ? plain(value) : NO_BYTES,
    isTombstone: value === undefined,
  };
}

const plain = (bytes: Buffer): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const HEADER_NAME = Buffer.from(CHUNK_HEADER_KEY);

function chunkHeader(reader: ByteReader): ChunkHeader | undefined {
  for (let count = reader.varint(); count > 0; count--) {
    const name = nullableBytes(reader);
    const value = nullableBytes(reader);
    if (value && name?.equals(HEADER_NAME)) return readChunkHeader(value);
  }
  return undefined;
}

function nullableBytes(reader: ByteReader): Buffer | undefined {
  const length = reader.varint();
  return length < 0 ? undefined : reader.take(length);
}
