import { isStreamId, type StreamId } from './stream-id.js';
import { isLateRow } from './stream-row.js';
import {
  type DeletionRequest,
  deletionKey,
  deletionRequest,
  type StreamRow,
  type StreamStatus,
  streamRow,
  streamStatus,
  streamStatusKey,
} from './tables.js';
import { type KeyValueTable, type RowKind, TypedTable } from './typed-table.js';

const ROWS: RowKind<StreamId, StreamRow> = {
  prefix: '',
  isName: isStreamId,
  schema: streamRow,
  nameOf: ({ id }) => id,
  isLate: isLateRow,
  creationOf: ({ incarnation }) => incarnation,
};

const STATUSES: RowKind<StreamId, StreamStatus> = {
  prefix: streamStatusKey(''),
  isName: isStreamId,
  schema: streamStatus,
  // As with chunks: what a producer says that was away while another one took over is out of date.
  isLate: (row, newest) => !isAsNew(row, newest),
};

/** If two producers took the same number, which their clocks allow, the first one has it. */
const isAsNew = (row: StreamStatus, newest: StreamStatus): boolean => {
  const [session, before] = [row.session ?? 0, newest.session ?? 0];
  return session > before || (session === before && row.producer === newest.producer);
};

const DELETIONS: RowKind<StreamId, DeletionRequest> = {
  prefix: deletionKey(''),
  isName: isStreamId,
  schema: deletionRequest,
};

/**
 * Which streams there should be, which of them are to be deleted, and how they are: the typed rows of
 * `topicast.streams` and `topicast.status`, and the only way to write them.
 */
export class StreamTables {
  readonly rows: TypedTable<StreamId, StreamRow>;
  readonly statuses: TypedTable<StreamId, StreamStatus>;
  readonly deletions: TypedTable<StreamId, DeletionRequest>;

  constructor(
    /** `topicast.streams` and `topicast.status`. */
    tables: { readonly streams: KeyValueTable; readonly status: KeyValueTable },
    /** Called with each row that cannot be read. */
    onDamaged?: (stream: StreamId, error: Error) => void,
  ) {
    this.rows = new TypedTable(tables.streams, ROWS, onDamaged);
    this.statuses = new TypedTable(tables.status, STATUSES, onDamaged);
    this.deletions = new TypedTable(tables.streams, DELETIONS, onDamaged);
  }

  close(): void {
    this.rows.close();
    this.statuses.close();
    this.deletions.close();
  }
}
