import { CHUNK_HEADER_KEY, type ChunkHeader, encodeChunkHeader, readChunkHeader } from '@topicast/contracts/chunk-header';
import { LogError, type LogRecord, type NewRecord } from '../chunk-log.js';
import type { KafkaRecord } from './fetch.js';

/** A message as kafkajs encodes it. */
export interface Message {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, Buffer>>;
  /** Set once, so that a batch that is sent again is the same batch. */
  readonly timestamp: number;
}

/** @throws {LogError} `invalid` for a header that does not fit its layout */
export function encodeChunk({ header, value }: NewRecord): Message {
  let encoded: Uint8Array<ArrayBuffer>;
  try {
    encoded = encodeChunkHeader(header);
  } catch (cause) {
    throw new LogError('invalid', (cause as Error).message, { cause });
  }
  return {
    key: null,
    value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    headers: { [CHUNK_HEADER_KEY]: Buffer.from(encoded.buffer) },
    timestamp: Date.now(),
  };
}

export function chunkHeader({ headers }: KafkaRecord): ChunkHeader | undefined {
  const header = headers[CHUNK_HEADER_KEY];
  return Buffer.isBuffer(header) ? readChunkHeader(header) : undefined;
}

/** A record with bytes of its own. */
export const decodeChunk = (record: KafkaRecord): LogRecord => ({
  offset: record.offset,
  timestamp: record.timestamp,
  header: chunkHeader(record),
  value: record.value ? Uint8Array.prototype.slice.call(record.value) : new Uint8Array(0),
});
