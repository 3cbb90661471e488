import { CHUNK_HEADER_BYTES, readChunkHeader, writeChunkHeader } from '@topicast/contracts/chunk-header';
import { milliseconds } from '@topicast/contracts/units';
import type { LogRecord } from '../chunk-log.js';

/**
 * Records, one after the other, to the end of the bytes. Big-endian:
 *
 *  +---------------+---------------+------+-----------------+----------------+-------
 *  | offset, f64   | timestamp,    | 0, 1 | chunk header,   | length of the  | value
 *  |               | ms, f64       |      | 40 bytes, if 1  | value, 32 bits |
 *  +---------------+---------------+------+-----------------+----------------+-------
 */
const FIXED_BYTES = 17;
const LENGTH_BYTES = 4;

/** @throws {RangeError} if a field of a header does not fit */
export function encodeRecords(records: readonly LogRecord[]): Buffer {
  const bytes = Buffer.allocUnsafe(records.reduce((sum, record) => sum + sizeOf(record), 0));
  let at = 0;
  for (const { offset, timestamp, header, value } of records) {
    bytes.writeDoubleBE(offset, at);
    bytes.writeDoubleBE(timestamp, at + 8);
    bytes[at + 16] = header ? 1 : 0;
    at += FIXED_BYTES;
    if (header) {
      writeChunkHeader(header, bytes, at);
      at += CHUNK_HEADER_BYTES;
    }
    at = bytes.writeUInt32BE(value.byteLength, at);
    bytes.set(value, at);
    at += value.byteLength;
  }
  return bytes;
}

/** The values are views of the bytes. */
export function decodeRecords(bytes: Buffer): LogRecord[] {
  const records: LogRecord[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const valueAt = valueStart(bytes, at);
    const end = recordEnd(bytes, at);
    records.push({
      offset: bytes.readDoubleBE(at),
      timestamp: milliseconds(bytes.readDoubleBE(at + 8)),
      header: bytes[at + 16] === 1 ? readChunkHeader(bytes, at + FIXED_BYTES) : undefined,
      value: bytes.subarray(valueAt, end),
    });
    at = end;
  }
  return records;
}

/** The records from an offset on, as a view. */
export function recordsFrom(bytes: Buffer, offset: number): Buffer {
  let at = 0;
  while (at < bytes.byteLength && bytes.readDoubleBE(at) < offset) at = recordEnd(bytes, at);
  return bytes.subarray(at);
}

const sizeOf = ({ header, value }: LogRecord): number =>
  FIXED_BYTES + (header ? CHUNK_HEADER_BYTES : 0) + LENGTH_BYTES + value.byteLength;

const valueStart = (bytes: Buffer, at: number): number =>
  at + FIXED_BYTES + (bytes[at + 16] === 1 ? CHUNK_HEADER_BYTES : 0) + LENGTH_BYTES;

function recordEnd(bytes: Buffer, at: number): number {
  const valueAt = valueStart(bytes, at);
  return valueAt + bytes.readUInt32BE(valueAt - LENGTH_BYTES);
}
