import { isUtf8 } from 'node:buffer';
import { readFile, rename } from 'node:fs/promises';
import type { Logger } from 'pino';
import { writeDurably } from './durable-file.js';
import type { Reserve } from './reserve.js';

/** One row of a table file, as JSON: `["key","value"]`, on a line of its own or over several. */
const ROW = /\[\s*("(?:[^"\\]|\\.)*")\s*,\s*("(?:[^"\\]|\\.)*")\s*\]/gs;
/** Decoding puts it in the place of bytes that are no UTF-8. */
const NOT_UTF8 = '\ufffd';

/** A JSON array of rows, a line each, for people and for `readRows`. */
export function formatRows(rows: ReadonlyMap<string, string>): string {
  return `[\n${[...rows].map((row) => JSON.stringify(row)).join(',\n')}\n]\n`;
}

/**
 * The rows of a table file; none if there is no file. Of a damaged one the rows that can still be read, with one line
 * for the operator and a copy of the file beside it. Rows have no checksum: they are JSON that a person can mend, in
 * files that are replaced as a whole; a letter that changed within one is for its reader's schema to find.
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
  const whole = isUtf8(bytes) ? parse(text) : undefined;
  if (isTable(whole)) return whole;
  const rows = [...text.matchAll(ROW)]
    .map(([, key, value]) => [parse(key!), parse(value!)])
    .filter((row) => isRow(row) && !row.join().includes(NOT_UTF8)) as [string, string][];
  const copy = `${path}.damaged-${new Date().toISOString().replaceAll(':', '-')}`;
  logger.error(
    `${path} is damaged: ${rows.length} of its rows can be read, the others are gone; it is kept as ${copy}`,
  );
  await rename(path, copy);
  await reserve.lend(() => writeDurably(path, formatRows(new Map(rows))));
  return rows;
}

const isRow = (row: unknown): row is [string, string] =>
  Array.isArray(row) && row.length === 2 && row.every((part) => typeof part === 'string');

const isTable = (table: unknown): table is [string, string][] => Array.isArray(table) && table.every(isRow);

/** Undefined if it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
