import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { encodingProblem } from '@topicast/contracts/encoding';
import type { Ladder, Source } from '@topicast/contracts/http';
import { streamId } from '@topicast/contracts/stream-id';
import { changedRow, writeRow } from '@topicast/contracts/stream-row';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow } from '@topicast/contracts/tables';
import { cleanTitle } from '@topicast/contracts/title';
import { type ChunkTopics, LogError } from '@topicast/log';
import type { Logger } from 'pino';

/** A stream named on this producer's command line, also the demo. Its source is trusted. */
export interface CommandLineInput {
  readonly id: string;
  /** Of a new stream; a stream that there is keeps its title, because operators rename streams. */
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
  context: {
    readonly me: string;
    readonly alive: ReadonlySet<string>;
    readonly now: Date;
    /** Of the streams that it creates. */
    readonly incarnation: string;
  },
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
      const { ladder: _, encoding: __, ...kept } = known ?? newborn(context);
      const row = {
        ...kept,
        id,
        title: known?.title || cleanTitle(title ?? id) || id,
        source: source.kind === 'file' ? { ...source, path: path.resolve(source.path) } : source,
        ...(ladder && { ladder }),
        ...fitting(known?.encoding, source, ladder),
        enabled: true,
        boundTo: me,
      };
      return known && !isDeepStrictEqual(row, known) ? changedRow(known, row) : row;
    });
  const remove = [...rows.values()]
    .filter((row) => row.boundTo === me && !declared.has(row.id))
    .map(({ id }) => id);
  return { put, remove, conflicts: conflicts.map(({ id, boundTo }) => ({ id, boundTo })) };
}

function tellConflicts({ conflicts }: Declaration, logger: Logger): void {
  for (const { id, boundTo } of conflicts) {
    const where =
      boundTo === undefined ? 'in the studio or by the API' : `on the command line of "${boundTo}"`;
    logger.warn(`the stream "${id}" was created ${where}: it stays as it is; use another name`);
  }
}

/** Each one fails because somebody else has changed a stream at the same moment. */
const MOST_ATTEMPTS = 10;

interface DeclarationContext {
  readonly me: string;
  readonly log: Pick<ChunkTopics, 'deleteTopic'>;
  readonly tables: StreamTables;
  /** The other producers that are alive. */
  readonly alive: () => ReadonlySet<string>;
  readonly logger: Logger;
}

/**
 * Update the table to match the command line. What an earlier attempt has done stays.
 * @returns the streams whose sources are trusted
 * @throws {TypeError} for a name that is not a stream id; {LogError}
 */
export async function applyDeclaration(
  inputs: readonly CommandLineInput[],
  { me, log, tables, alive, logger }: DeclarationContext,
): Promise<Map<string, Source>> {
  for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts += 1) {
    const context = { me, alive: alive(), now: new Date(), incarnation: randomUUID() };
    const declaration = declare(inputs, tables.rows.rows, context);
    for (const id of declaration.remove) {
      // Nobody else encodes the stream, and we have not begun. As long as the row is there, the next attempt deletes
      // both.
      await log.deleteTopic(streamId(id));
      await tables.rows.delete(streamId(id));
    }
    if (await writeAll(declaration.put, tables)) {
      tellConflicts(declaration, logger);
      return new Map(declaration.put.map((row) => [row.id, row.source]));
    }
  }
  throw new LogError('unavailable', 'others change the streams of the command line all the time');
}

/** @returns false if somebody else has created or changed one of them first */
async function writeAll(put: readonly StreamRow[], { rows }: StreamTables): Promise<boolean> {
  for (const row of put) {
    const isThere = isDeepStrictEqual(rows.get(streamId(row.id)), row);
    if (!isThere && !(await writeRow(rows, row))) return false;
  }
  return true;
}

/** How an operator wants it encoded, if that goes with what the command line says by now. */
const fitting = (
  encoding: StreamRow['encoding'],
  source: Source,
  ladder: CommandLineInput['ladder'],
): Pick<StreamRow, 'encoding'> =>
  encoding && !encodingProblem({ source, ladder, encoding }) ? { encoding } : {};

const newborn = ({
  now,
  incarnation,
}: {
  readonly now: Date;
  readonly incarnation: string;
}): Pick<
  StreamRow,
  'createdAt' | 'incarnation' | 'version' | 'startCount' | 'visibility' | 'ladder' | 'encoding'
> => ({
  createdAt: now.toISOString(),
  incarnation,
  version: 0,
  startCount: 0,
  visibility: 'public',
});
