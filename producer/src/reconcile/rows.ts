import { isStreamId } from '@topicast/contracts/stream-id';
import {
  type StreamRow,
  type StreamStatus,
  streamRow,
  streamStatus,
  streamStatusKey,
} from '@topicast/contracts/tables';
import type { Table } from '@topicast/log';

const STATUS_PREFIX = streamStatusKey('');

interface Schema<T> {
  safeParse(value: unknown): { readonly success: true; readonly data: T } | { readonly success: false };
}

/** The rows of the streams that shall be. What is no row (a newer version's, a damaged one) is not there for us. */
export function readRows(table: Table): Map<string, StreamRow> {
  const rows = new Map<string, StreamRow>();
  for (const [key, value] of table.entries()) {
    const row = parse(streamRow, value);
    if (row && row.id === key && isStreamId(key)) rows.set(key, row);
  }
  return rows;
}

/** The state of each stream, by stream id. */
export function readStatuses(table: Table): Map<string, StreamStatus> {
  const statuses = new Map<string, StreamStatus>();
  for (const [key, value] of table.entries()) {
    if (!key.startsWith(STATUS_PREFIX)) continue;
    const status = parse(streamStatus, value);
    if (status) statuses.set(key.slice(STATUS_PREFIX.length), status);
  }
  return statuses;
}

function parse<T>(schema: Schema<T>, text: string): T | undefined {
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
