import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';

/** What there is and what shall be, at one moment. */
export interface View {
  /** This producer. */
  readonly me: string;
  readonly rows: ReadonlyMap<string, StreamRow>;
  readonly statuses: ReadonlyMap<string, StreamStatus>;
  /** The other producers that were heard of lately. */
  readonly alive: ReadonlySet<string>;
  /** Encoders of this producer, also those that are waiting to try again, with the fingerprint they began with. */
  readonly running: ReadonlyMap<string, string>;
}

export type StopReason = 'disabled' | 'deleted' | 'changed' | 'taken';

export type Action =
  | { readonly do: 'start'; readonly id: string; readonly row: StreamRow }
  | { readonly do: 'stop'; readonly id: string; readonly because: StopReason }
  /** A row of ours that says live, but nothing runs: say that it is offline. */
  | { readonly do: 'release'; readonly id: string }
  /** The status of a stream that is no more. */
  | { readonly do: 'forget'; readonly id: string };

const COMMAND = 'command:';
export const declaredByCommandOf = (producer: string): string => COMMAND + producer;

/** What an encoder was started with: another source, or another start by hand, needs another encoder. */
export const fingerprint = (row: StreamRow): string =>
  JSON.stringify([row.source, row.startCount, row.declaredBy]);

/** From what is to what shall be. Pure: the same view gives the same actions, and none when all is as it shall be. */
export function decide(view: View): Action[] {
  const ids = new Set([...view.rows.keys(), ...view.statuses.keys(), ...view.running.keys()]);
  return [...ids].map((id) => decideOne(id, view)).filter((action) => action !== undefined);
}

function decideOne(id: string, view: View): Action | undefined {
  const row = view.rows.get(id);
  const status = view.statuses.get(id);
  const running = view.running.get(id);
  const taken = status !== undefined && isHeldByAnother(status, view);
  if (running !== undefined) {
    const because = reasonToStop(row, running, taken, view.me);
    return because && { do: 'stop', id, because };
  }
  if (row && isWanted(row, view.me)) return taken ? undefined : { do: 'start', id, row };
  if (!status || taken) return undefined;
  if (!row) return { do: 'forget', id };
  return status.producer === view.me && status.state !== 'offline' ? { do: 'release', id } : undefined;
}

function reasonToStop(
  row: StreamRow | undefined,
  running: string,
  taken: boolean,
  me: string,
): StopReason | undefined {
  if (!row) return 'deleted';
  if (!isWanted(row, me)) return 'disabled';
  if (taken) return 'taken';
  return fingerprint(row) === running ? undefined : 'changed';
}

/** What a command line declared is for that producer alone: nobody else has its files and devices. */
const isWanted = (row: StreamRow, me: string): boolean =>
  row.enabled &&
  row.source.kind !== 'topic' &&
  (!row.declaredBy.startsWith(COMMAND) || row.declaredBy === declaredByCommandOf(me));

const isHeldByAnother = (status: StreamStatus, { me, alive }: View): boolean =>
  status.producer !== me && status.state !== 'offline' && alive.has(status.producer);
