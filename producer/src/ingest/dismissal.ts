import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';

/** Why an encoder that was let in has to go. */
export type Dismissal = 'deleted' | 'stopped' | 'key renewed' | 'replaced' | 'overtaken';

/** What it is told. */
export const WORDS: Record<Dismissal, string> = {
  deleted: 'The stream was deleted.',
  stopped: 'The stream was stopped.',
  'key renewed': 'The stream key was renewed: copy the new one from the studio.',
  replaced: 'Another encoder has come with the same stream key, and has taken over.',
  overtaken: 'Another encoder has come with the same stream key to another server, and has taken over.',
};

/** An encoder that is sending, and what the tables and the topic say now. */
interface Present {
  readonly me: string;
  readonly session: number;
  readonly begunWith: StreamRow;
  readonly row: StreamRow | undefined;
  readonly status: StreamStatus | undefined;
  /** The highest session that others have written. */
  readonly seenInTopic: number | undefined;
  /** Viewers see a slate of ours, and no encoder of ours is sending. */
  readonly showsSlate: boolean;
}

/** Pure; undefined if it may go on. The later session wins, as it does for all readers. */
export function reasonToDismiss({
  me,
  session,
  begunWith,
  row,
  status,
  seenInTopic,
  showsSlate,
}: Present): Dismissal | undefined {
  if (row?.source.kind !== 'ingest' || row.incarnation !== begunWith.incarnation) return 'deleted';
  if (!row.enabled) return 'stopped';
  const others = status?.producer === me ? undefined : status;
  // Whoever has claimed the stream for an encoder that is back leaves us to show the slate until that one is on air.
  const isHeld = showsSlate && others?.awaySince !== undefined;
  const ofOthers = isHeld ? 0 : (others?.session ?? 0);
  return Math.max(ofOthers, seenInTopic ?? 0) > session ? 'overtaken' : undefined;
}
