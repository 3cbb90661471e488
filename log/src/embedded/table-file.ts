import { isUtf8 } from 'node:buffer';
import { readFile, rename } from 'node:fs/promises';
import { parseJson } from '@topicast/contracts/json';
import type { Logger } from 'pino';
import { writeDurably } from './durable-file.js';
import type { Reserve } from './reserve.js';

/** One row of a table file, as JSON: `["key","value"]`, on one line or several. */
const ROW = /\[\s*("(?:[^"\\]|\\.)*")\s*,\s*("(?:[^"\\]|\\.)*")\s*\]/gs;
/** Decoding replaces bytes that are not UTF-8 by this character. */
const NOT_UTF8 = '\ufffd';

/** A JSON array with one row per line, for people and for `readRows`. */
export function formatRows(rows: ReadonlyMap<string, string>): string {
  return `[\n${[...rows].map((row) => JSON.stringify(row)).join(',\n')}\n]\n`;
}

/**
 * The rows of a table file; none if there is no file. If the file is damaged, it returns the rows that can still be
 * read, logs one line for the operator, and keeps a copy of the file. Rows have no checksum: they are JSON that a
 * person can repair, in files that are replaced as a whole. A changed letter within a row is for the reader's schema to
 * find.
 */
export async function readRows(
  path: string,
  { logger, reserve }: { readonly logger: Logger; readonly reserve: Reserve },
): Promise<[key: string, value: string][]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const text = bytes.toString();
  const whole = isUtf8(bytes) ? parseJson(text) : undefined;
  if (isTable(whole)) return whole;
  const rows = [...text.matchAll(ROW)]
    .map(([, key, value]) => [parseJson(key!), parseJson(value!)])
    .filter((row) => isRow(row) && !row.join().includes(NOT_UTF8)) as [string, string][];
  const copy = `${path}.damaged-${new Date().toISOString().replaceAll(':', '-')}`;
  logger.error(
    `${path} is damaged: ${rows.length} of its rows can be read, the others are lost; a copy of the file is in ${copy}`,
  );
  await rename(path, copy);
  await reserve.lend(() => writeDurably(path, formatRows(new Map(rows))));
  return rows;
}

const isRow = (row: unknown): row is [string, string] =>
  Array.isArray(row) && row.length === 2 && row.every((part) => typeof part === 'string');

const isTable = (table: unknown): table is [string, string][] => Array.isArray(table) && table.every(isRow);
