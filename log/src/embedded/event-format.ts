import type { EventRecord, LogRecord, NewEventRecord } from '../chunk-log.js';

/**
 * An event as the value of a record, which then has no chunk header:
 *
 *      0               4
 *  +---------------+-------~~------+-------~~------+
 *  | length of the | key, UTF-8    | JSON, UTF-8   |
 *  | key, or -1    |               |               |
 *  +---------------+-------~~------+-------~~------+
 */
const LENGTH_BYTES = 4;
const NO_KEY = -1;

export function encodeEvent({ key, json }: NewEventRecord): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  const keyBytes = Buffer.from(key ?? '');
  length.writeInt32BE(key === undefined ? NO_KEY : keyBytes.byteLength);
  return Buffer.concat([length, keyBytes, Buffer.from(json)]);
}

/** A value that is too short has no key and no JSON: readers count it as damaged. */
export function decodeEvent({ offset, timestamp, value }: LogRecord): EventRecord {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const length = bytes.byteLength < LENGTH_BYTES ? NO_KEY : bytes.readInt32BE(0);
  const jsonAt = LENGTH_BYTES + Math.max(0, length);
  return {
    offset,
    timestamp,
    key: length < 0 ? undefined : bytes.toString('utf8', LENGTH_BYTES, jsonAt),
    json: bytes.toString('utf8', jsonAt),
  };
}
