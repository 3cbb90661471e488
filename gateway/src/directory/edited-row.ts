import { isDeepStrictEqual } from 'node:util';
import { encodingProblem } from '@topicast/contracts/encoding';
import type { EditStreamRequest } from '@topicast/contracts/http';
import { ladderProblem } from '@topicast/contracts/ladder';
import type { StreamChange } from '@topicast/contracts/stream-event';
import type { StreamRow } from '@topicast/contracts/tables';

/** A stream cannot be as the request wants it; `field` is the one to change. */
export class EditError extends Error {
  override readonly name = 'EditError';
  constructor(
    /** Its path in the request. */
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

/** The row as the request wants it. @throws {EditError} */
export function editedRow(row: StreamRow, wish: Omit<EditStreamRequest, 'version'>): StreamRow {
  const { ladder: before, encoding: encodedBefore, ...rest } = row;
  const { title = row.title, source = row.source } = wish;
  const ladder = wish.ladder === undefined ? before : (wish.ladder ?? undefined);
  const encoding = wish.encoding === undefined ? encodedBefore : wish.encoding;
  if (row.boundTo !== undefined) {
    const here = `the command line of the producer "${row.boundTo}"`;
    if (!isDeepStrictEqual(source, row.source))
      throw new EditError('source', `${here} names the source of this stream: change it there`);
    if (!isDeepStrictEqual(ladder, before))
      throw new EditError('ladder', `${here} names the renditions of this stream: change them there`);
  }
  if (writerOf(source) !== writerOf(row.source)) {
    throw new EditError(
      'source',
      'a stream that another program writes, or an encoder publishes, stays one, and one that is encoded here too: create another stream',
    );
  }
  const problem = ladderProblem(source, ladder);
  if (problem) throw new EditError('ladder', problem);
  const other = encodingProblem({ source, ladder, encoding: encoding ?? undefined });
  if (other) throw new EditError(['encoding', other.field].filter(Boolean).join('.'), other.message);
  return { ...rest, title, source, ...(ladder && { ladder }), ...encodingPart(encoding) };
}

/** Of a row; nothing if nothing is wished. */
export const encodingPart = (encoding: EditStreamRequest['encoding']): Pick<StreamRow, 'encoding'> =>
  encoding && Object.keys(encoding).length > 0 ? { encoding } : {};

/** Who makes what is in the topic: another program, an encoder that comes to us, or an encoder of ours. */
const writerOf = ({ kind }: StreamRow['source']): 'topic' | 'ingest' | 'ours' =>
  kind === 'topic' || kind === 'ingest' ? kind : 'ours';

/** What an edit has changed. */
export function changesOf(before: StreamRow, after: StreamRow): StreamChange[] {
  const parts = { title: 'title', source: 'source', renditions: 'ladder', encoding: 'encoding' } as const;
  const names = Object.keys(parts) as StreamChange[];
  return names.filter((name) => !isDeepStrictEqual(before[parts[name]], after[parts[name]]));
}
