import { CHUNK_HEADER_KEY, encodeChunkHeader } from '@topicast/contracts/chunk-header';
import { LogError, type NewEventRecord, type NewRecord } from '../../chunk-log.js';
import type { Message } from '../wire/kafkajs-private.js';

/** A chunk: its unchanged bytes, and one header. @throws {LogError} `invalid` for an impossible header */
export function chunkMessage({ header, value }: NewRecord): Message {
  return {
    key: null,
    value: viewOf(value),
    timestamp: Date.now(),
    headers: { [CHUNK_HEADER_KEY]: viewOf(encoded(header)) },
  };
}

/** A row of a table; undefined deletes it. */
export const rowMessage = (key: string, value: string | undefined): Message => ({
  key: Buffer.from(key),
  value: value === undefined ? null : Buffer.from(value),
  timestamp: Date.now(),
});

export const eventMessage = ({ key, json }: NewEventRecord): Message => ({
  key: key === undefined ? null : Buffer.from(key),
  value: Buffer.from(json),
  timestamp: Date.now(),
});

function encoded(header: NewRecord['header']): Uint8Array {
  try {
    return encodeChunkHeader(header);
  } catch (cause) {
    throw new LogError('invalid', (cause as Error).message, { cause });
  }
}

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
