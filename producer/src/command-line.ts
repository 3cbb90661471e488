import path from 'node:path';
import type { Source } from '@topicast/contracts/http';
import { streamId } from '@topicast/contracts/stream-id';
import type { StreamRow } from '@topicast/contracts/tables';
import { cleanTitle } from '@topicast/contracts/title';
import type { ChunkLog, Table } from '@topicast/log';
import type { Logger } from 'pino';
import { declaredByCommandOf } from './reconcile/decide.js';
import { readRows } from './reconcile/rows.js';

/** A stream named on this producer's command line, also the demo. Its source is trusted. */
export interface CommandLineInput {
  readonly id: string;
  readonly title?: string;
  /** A relative path is relative to the working directory. */
  readonly source: Source;
}

export interface Declaration {
  readonly put: readonly StreamRow[];
  readonly remove: readonly string[];
  /** Names that belong to somebody else: their streams stay as they are. */
  readonly conflicts: readonly { readonly id: string; readonly declaredBy: string }[];
}

/** From the rows that are to those that the command line asks for. @throws {TypeError} for a name that is no stream id. */
export function declare(
  inputs: readonly CommandLineInput[],
  rows: ReadonlyMap<string, StreamRow>,
  context: { readonly me: string; readonly alive: ReadonlySet<string>; readonly now: Date },
): Declaration {
  const mark = declaredByCommandOf(context.me);
  const declared = new Map(inputs.map((input) => [streamId(input.id) as string, input]));
  const isFree = (row: StreamRow): boolean =>
    row.declaredBy === mark ||
    (row.declaredBy !== 'api' &&
      ![...context.alive].some((id) => row.declaredBy === declaredByCommandOf(id)));
  const conflicts = [...declared.keys()]
    .map((id) => rows.get(id))
    .filter((row) => row !== undefined && !isFree(row)) as StreamRow[];
  const put = [...declared]
    .filter(([id]) => conflicts.every((row) => row.id !== id))
    .map(([id, { title, source }]) => ({
      id,
      title: cleanTitle(title ?? id) || id,
      source: source.kind === 'file' ? { ...source, path: path.resolve(source.path) } : source,
      enabled: true,
      createdAt: rows.get(id)?.createdAt ?? context.now.toISOString(),
      startCount: rows.get(id)?.startCount ?? 0,
      declaredBy: mark,
    }));
  const remove = [...rows.values()]
    .filter((row) => row.declaredBy === mark && !declared.has(row.id))
    .map(({ id }) => id);
  return { put, remove, conflicts: conflicts.map(({ id, declaredBy }) => ({ id, declaredBy })) };
}

export function tellConflicts({ conflicts }: Declaration, logger: Logger): void {
  for (const { id, declaredBy } of conflicts) {
    logger.warn(
      `the stream "${id}" exists already (declared by ${declaredBy}): it stays as it is, use another name`,
    );
  }
}

/**
 * Bring the table in step with the command line; what an attempt before has done is left alone.
 * @returns the streams whose sources are trusted
 */
export async function applyDeclaration(
  { put, remove }: Declaration,
  { log, streams }: { log: ChunkLog; streams: Table },
): Promise<Map<string, Source>> {
  for (const id of remove) {
    // Nobody but us encodes it, and we have not begun: as long as the row is there, the next attempt deletes both.
    await log.deleteTopic(streamId(id));
    await streams.delete(id);
  }
  const before = readRows(streams);
  for (const row of put) {
    const unchanged = JSON.stringify(before.get(row.id)) === JSON.stringify(row);
    if (!unchanged) await streams.put(row.id, JSON.stringify(row));
  }
  return new Map(put.map((row) => [row.id, row.source]));
}
