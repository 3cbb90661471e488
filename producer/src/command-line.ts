import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Ladder, Source } from '@topicast/contracts/http';
import { streamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow } from '@topicast/contracts/tables';
import { cleanTitle } from '@topicast/contracts/title';
import type { ChunkTopics } from '@topicast/log';
import type { Logger } from 'pino';

/** A stream named on this producer's command line, also the demo. Its source is trusted. */
export interface CommandLineInput {
  readonly id: string;
  readonly title?: string;
  /** A relative path is relative to the working directory. */
  readonly source: Source;
  readonly ladder?: Ladder;
}

interface Declaration {
  readonly put: readonly StreamRow[];
  readonly remove: readonly string[];
  /** Names that belong to somebody else: their streams stay as they are. */
  readonly conflicts: readonly { readonly id: string; readonly boundTo: string | undefined }[];
}

/**
 * From the present rows to those that the command line asks for. @throws {TypeError} for a name that is not a stream
 * id.
 */
export function declare(
  inputs: readonly CommandLineInput[],
  rows: ReadonlyMap<string, StreamRow>,
  context: { readonly me: string; readonly alive: ReadonlySet<string>; readonly now: Date },
): Declaration {
  const { me, alive } = context;
  const declared = new Map(inputs.map((input) => [streamId(input.id) as string, input]));
  const isFree = ({ boundTo }: StreamRow): boolean =>
    boundTo === me || (boundTo !== undefined && !alive.has(boundTo));
  const conflicts = [...declared.keys()]
    .map((id) => rows.get(id))
    .filter((row) => row !== undefined && !isFree(row)) as StreamRow[];
  const put = [...declared]
    .filter(([id]) => conflicts.every((row) => row.id !== id))
    .map(([id, { title, source, ladder }]) => {
      const known = rows.get(id);
      const { createdAt, startCount, owner, visibility } = known ?? {};
      return {
        id,
        title: cleanTitle(title ?? id) || id,
        source: source.kind === 'file' ? { ...source, path: path.resolve(source.path) } : source,
        ...(ladder && { ladder }),
        enabled: true,
        createdAt: createdAt ?? context.now.toISOString(),
        ...creationOf(known),
        startCount: startCount ?? 0,
        boundTo: me,
        ...(owner !== undefined && { owner }),
        visibility: visibility ?? ('public' as const),
      };
    });
  const remove = [...rows.values()]
    .filter((row) => row.boundTo === me && !declared.has(row.id))
    .map(({ id }) => id);
  return { put, remove, conflicts: conflicts.map(({ id, boundTo }) => ({ id, boundTo })) };
}

export function tellConflicts({ conflicts }: Declaration, logger: Logger): void {
  for (const { id, boundTo } of conflicts) {
    const where =
      boundTo === undefined ? 'in the studio or by the API' : `on the command line of "${boundTo}"`;
    logger.warn(`the stream "${id}" was created ${where}: it stays as it is; use another name`);
  }
}

/**
 * Update the table to match the command line. What an earlier attempt has done stays.
 * @returns the streams whose sources are trusted
 */
export async function applyDeclaration(
  { put, remove }: Declaration,
  { log, tables }: { log: Pick<ChunkTopics, 'deleteTopic'>; tables: StreamTables },
): Promise<Map<string, Source>> {
  for (const id of remove) {
    // Nobody else encodes the stream, and we have not begun. As long as the row is there, the next attempt deletes
    // both.
    await log.deleteTopic(streamId(id));
    await tables.rows.delete(streamId(id));
  }
  for (const row of put) {
    const id = streamId(row.id);
    if (!isDeepStrictEqual(tables.rows.get(id), row)) await tables.rows.put(id, row);
  }
  return new Map(put.map((row) => [row.id, row.source]));
}

/** What tells the row from that of another creation of the same id. */
const creationOf = (row: StreamRow | undefined): Pick<StreamRow, 'incarnation' | 'restored'> => ({
  ...(row?.incarnation !== undefined && { incarnation: row.incarnation }),
  ...(row?.restored !== undefined && { restored: row.restored }),
});
