import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';

/** An encoder of this producer, including one that waits to try again. */
export interface Running {
  /** See {@link fingerprint}. */
  readonly fingerprint: string;
  /** The last session that it began; undefined before the first. */
  readonly session: number | undefined;
  /** The highest session of others that was seen in the stream's topic. */
  readonly seenInTopic: number | undefined;
}

/** What there is and what there should be, at one moment. */
export interface View {
  /** This producer. */
  readonly me: string;
  readonly rows: ReadonlyMap<string, StreamRow>;
  readonly statuses: ReadonlyMap<string, StreamStatus>;
  /** Streams whose status row was overwritten in the log by a late row of another producer. */
  readonly overwritten: Pick<ReadonlySet<string>, 'has'>;
  /** The other producers that have recently sent a heartbeat. */
  readonly alive: ReadonlySet<string>;
  readonly running: ReadonlyMap<string, Running>;
  /** Streams whose encoder has come to this producer and publishes. */
  readonly publishing: ReadonlySet<string>;
  /** What the group of producers has assigned to this one. */
  readonly share: {
    owns(id: string): boolean;
    /** False while the group is out of reach; it may have assigned the stream to others in the meantime. */
    readonly confirmed: boolean;
  };
}

/**
 * `changed`: the row wants another encoder. `moved`: the group has assigned it to another producer. `taken`: another
 * producer already encodes it. `overtaken`: another one has, and this one begins anew.
 */
export type StopReason = 'disabled' | 'deleted' | 'changed' | 'moved' | 'taken' | 'overtaken';

export type Action =
  | { readonly do: 'start'; readonly id: string; readonly row: StreamRow }
  | { readonly do: 'stop'; readonly id: string; readonly because: StopReason }
  /** A row that says live, but nothing runs: say that it is offline. */
  | { readonly do: 'release'; readonly id: string; readonly status: StreamStatus }
  /** Write the status row again, unchanged. */
  | { readonly do: 'restore'; readonly id: string; readonly status: StreamStatus }
  /** The status of a stream that no longer exists. */
  | { readonly do: 'forget'; readonly id: string };

/** What an encoder was started with: a different source or encoding, or another start by hand, needs a new encoder. */
export const fingerprint = (row: StreamRow): string =>
  JSON.stringify([row.source, row.ladder, row.encoding, row.startCount, row.boundTo]);

/**
 * The actions that lead from what is to what should be. Pure: the same view gives the same actions, and none if
 * everything is as it should be.
 */
export function decide(view: View): Action[] {
  const ids = new Set([...view.rows.keys(), ...view.statuses.keys(), ...view.running.keys()]);
  return [...ids].map((id) => decideOne(id, view)).filter((action) => action !== undefined);
}

function decideOne(id: string, view: View): Action | undefined {
  // Whoever let it in keeps its row, and notices what happens to the stream.
  if (view.publishing.has(id)) return undefined;
  const row = view.rows.get(id);
  const status = view.statuses.get(id);
  const running = view.running.get(id);
  if (running) {
    const because = reasonToStop(row, status, running, view);
    return because && { do: 'stop', id, because };
  }
  const heldByAnother = isHeldByAnother(status, view);
  if (row && isWantedHere(row, view)) {
    return heldByAnother && !isCertain(row, view) ? undefined : { do: 'start', id, row };
  }
  const isOursToTidy = status && (status.producer === view.me || (view.share.owns(id) && !heldByAnother));
  if (!isOursToTidy) return undefined;
  if (!row) return { do: 'forget', id };
  if (!isWanted(row) && !mayRest(row, status)) return { do: 'release', id, status };
  return view.overwritten.has(id) ? { do: 'restore', id, status } : undefined;
}

function reasonToStop(
  row: StreamRow | undefined,
  status: StreamStatus | undefined,
  running: Running,
  view: View,
): StopReason | undefined {
  if (!row) return 'deleted';
  if (!isWanted(row)) return 'disabled';
  if (!isOurs(row, view)) return 'moved';
  // Readers ignore sessions below the highest that they have seen, so nobody hears an encoder that was overtaken.
  if (isOvertaken(status, running, view)) return isCertain(row, view) ? 'overtaken' : 'taken';
  return fingerprint(row) === running.fingerprint ? undefined : 'changed';
}

/** Whether this producer should encode it. */
export const isWantedHere = (row: StreamRow, here: Pick<View, 'me' | 'share'>): boolean =>
  isWanted(row) && isOurs(row, here);

/** Whether there is something to encode; others send topics, and encoders that publish come by themselves. */
const isWanted = ({ enabled, source }: StreamRow): boolean =>
  enabled && source.kind !== 'topic' && source.kind !== 'ingest';

/** A status that is true while nothing runs. Why the last encoder that published was cut stays there for its owner. */
const mayRest = ({ enabled, source }: StreamRow, { state }: StreamStatus): boolean =>
  state === 'offline' || (enabled && source.kind === 'ingest' && state === 'failed');

/** Declared by a command line: only that producer may encode it, because nobody else has its files and devices. */
export const isBound = (row: StreamRow): boolean => row.boundTo !== undefined;

const isOurs = (row: StreamRow, { me, share }: Pick<View, 'me' | 'share'>): boolean =>
  isBound(row) ? row.boundTo === me : share.owns(row.id);

/** Whether nobody else can own it by now. */
const isCertain = (row: StreamRow, { share }: View): boolean => isBound(row) || share.confirmed;

/** According to another producer's row, or to what it has written. */
const isOvertaken = (
  status: StreamStatus | undefined,
  { session, seenInTopic }: Running,
  { me }: View,
): boolean => {
  if (session === undefined) return false;
  const ofOthers = status?.producer === me ? undefined : status?.session;
  return (ofOthers ?? 0) >= session || (seenInTopic ?? 0) > session;
};

const isHeldByAnother = (status: StreamStatus | undefined, { me, alive }: View): boolean =>
  status !== undefined && status.producer !== me && status.state !== 'offline' && alive.has(status.producer);
