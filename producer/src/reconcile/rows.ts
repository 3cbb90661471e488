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
  for (const [key] of table.entries()) {
    const row = readRow(table, key);
    if (row) rows.set(key, row);
  }
  return rows;
}

export function readRow(table: Table, id: string): StreamRow | undefined {
  const row = parse(streamRow, table.get(id));
  return row?.id === id && isStreamId(id) ? row : undefined;
}

/** The state of each stream, by stream id. */
export function readStatuses(table: Table): Map<string, StreamStatus> {
  const statuses = new Map<string, StreamStatus>();
  for (const [key] of table.entries()) {
    if (!key.startsWith(STATUS_PREFIX)) continue;
    const id = key.slice(STATUS_PREFIX.length);
    const status = readStatus(table, id);
    if (status) statuses.set(id, status);
  }
  return statuses;
}

export const readStatus = (table: Table, id: string): StreamStatus | undefined =>
  parse(streamStatus, table.get(STATUS_PREFIX + id));

function parse<T>(schema: Schema<T>, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
