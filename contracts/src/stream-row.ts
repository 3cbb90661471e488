import { type StreamId, streamId } from './stream-id.js';
import type { StreamRow } from './tables.js';
import type { TypedTable } from './typed-table.js';

type Rows = Pick<TypedTable<StreamId, StreamRow>, 'get' | 'put' | 'overwritten'>;

/**
 * Whether a row comes too late to replace the newest one: another creation of the id, or another change of the same row,
 * came first. All processes see the rows of a stream in the same order, so all of them agree.
 */
export function isLateRow(row: StreamRow, newest: StreamRow): boolean {
  const isPutBack = (row.restored ?? 0) > (newest.restored ?? 0);
  if (isOfAnotherCreation(row, newest)) return !isPutBack;
  if (row.version === undefined) return false;
  const before = newest.version ?? -1;
  return row.version < before || (row.version === before && !isPutBack && !isSame(row, newest));
}

const isOfAnotherCreation = ({ incarnation }: StreamRow, newest: StreamRow): boolean =>
  incarnation !== undefined && newest.incarnation !== undefined && incarnation !== newest.incarnation;

/** Rows that were read with the schema have their properties in the same order. */
const isSame = (one: StreamRow, other: StreamRow): boolean => JSON.stringify(one) === JSON.stringify(other);

/** The row that follows another one. */
export const changedRow = (before: StreamRow, after: StreamRow): StreamRow => {
  const { restored: _, ...row } = after;
  return { ...row, version: (before.version ?? 0) + 1 };
};

/** The row that counts, as it is put back over a late one: it then counts for readers that know only that one. */
export const putBack = (row: StreamRow, late: StreamRow): StreamRow => ({
  ...row,
  restored: Math.max(row.restored ?? 0, late.restored ?? 0) + 1,
});

/**
 * Write a creation or a change. Resolves with false if another one came first: that is then put back, because a process
 * that opens the table later sees only the last row. Resolves with false also if the stream was deleted first. The row
 * is then left to the gateways, which remove it.
 */
export async function writeRow(rows: Rows, row: StreamRow): Promise<boolean> {
  const id = streamId(row.id);
  if (await rows.put(id, row)) return true;
  for (;;) {
    const first = rows.get(id);
    const late = rows.overwritten.get(id);
    if (!first || !late) return false;
    await rows.put(id, putBack(first, late));
  }
}
