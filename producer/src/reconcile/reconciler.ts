import { streamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import type { Share } from '@topicast/log';
import type { Logger } from 'pino';
import { nextSession } from '../encoder/session.js';
import { type Action, decide, fingerprint, type StopReason } from './decide.js';
import type { Heartbeats } from './heartbeats.js';

/** Silence causes no event, so we have to look for it. */
const LOOK_EVERY_MS = 1_000;

/** A stream that is being encoded here. */
export interface RunningStream {
  /** The last session that it began; undefined before the first. */
  readonly session: number | undefined;
  /** The highest session of others that was seen in its topic. */
  readonly seenInTopic: number | undefined;
  /**
   * Give its status row to the encoder that the changed row wants. Resolves with true if that one may start while this
   * one goes on, until {@link close} sees that it is on air.
   */
  release(): Promise<boolean>;
  /** The encoder that takes over has its first picture: write no more. Resolves when what was written is in the log. */
  giveWay(): Promise<void>;
  close(because: StopReason | 'leaving'): Promise<void>;
}

interface ReconcilerOptions {
  readonly me: string;
  readonly tables: StreamTables;
  readonly heartbeats: Pick<Heartbeats, 'others'>;
  readonly share: Pick<Share, 'owns' | 'confirmed' | 'onChange'>;
  /** The streams whose encoder has come to this producer. */
  readonly publishing: () => ReadonlySet<string>;
  /** @param predecessor of the same stream, which goes on until this one is on air */
  readonly start: (
    row: StreamRow,
    claimed: StreamStatus,
    predecessor: RunningStream | undefined,
  ) => RunningStream;
  readonly logger: Logger;
}

interface Entry {
  readonly fingerprint: string;
  /** Set once nothing but its end may happen to it. */
  ending: boolean;
  readonly claim: AbortController;
  readonly stream: Promise<RunningStream | undefined>;
  /** Once it is claimed. */
  running: RunningStream | undefined;
}

/** Makes what runs here match the tables, whenever they change. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #running = new Map<string, Entry>();
  readonly #stopListening: readonly (() => void)[];
  readonly #timer: NodeJS.Timeout;
  readonly #work = new Set<Promise<void>>();
  /** Those that go on until their successor is on air; of each stream, the one that was released last. */
  readonly #released = new Map<string, RunningStream>();
  /** Streams whose status row is being corrected. */
  readonly #settling = new Set<string>();
  #scheduled = false;
  #closed = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { tables, share } = options;
    const look = (): void => this.#schedule();
    this.#stopListening = [
      ...[tables.rows, tables.statuses, share].map((each) => each.onChange(look)),
      tables.statuses.onLate(look),
    ];
    this.#timer = setInterval(() => this.#schedule(), LOOK_EVERY_MS);
    this.#schedule();
  }

  /** Start nothing more, and end all encoders: now, or when others have taken over. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const stop of this.#stopListening) stop();
    for (const [id, entry] of this.#running) this.#end(id, entry, 'leaving');
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  // Tables report every change separately; several changes at once need only one look.
  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#closed) for (const action of decide(this.#view())) this.#apply(action);
    });
  }

  #view(): Parameters<typeof decide>[0] {
    const { me, tables, heartbeats, share, publishing } = this.#options;
    const running = new Map(
      [...this.#running].map(([id, { fingerprint, running }]) => [
        id,
        { fingerprint, session: running?.session, seenInTopic: running?.seenInTopic },
      ]),
    );
    return {
      ...{ me, share },
      rows: tables.rows.rows,
      statuses: tables.statuses.rows,
      overwritten: tables.statuses.overwritten,
      alive: heartbeats.others(),
      running,
      publishing: publishing(),
    };
  }

  #apply(action: Action): void {
    const { tables } = this.#options;
    switch (action.do) {
      case 'start':
        this.#start(action.row);
        break;
      case 'stop': {
        const entry = this.#running.get(action.id);
        if (entry && !entry.ending) this.#end(action.id, entry, action.because);
        break;
      }
      case 'release':
        this.#settle(action.id, () =>
          tables.statuses.put(streamId(action.id), {
            ...action.status,
            ...{ state: 'offline', problem: undefined, notes: [], catalog: undefined },
          }),
        );
        break;
      case 'restore':
        this.#settle(action.id, () => tables.statuses.put(streamId(action.id), action.status));
        break;
      case 'forget':
        this.#settle(action.id, () => tables.statuses.delete(streamId(action.id)));
        break;
    }
  }

  #settle(id: string, change: () => Promise<unknown>): void {
    if (this.#settling.has(id)) return;
    this.#settling.add(id);
    this.#track(change().finally(() => this.#settling.delete(id)));
  }

  #start(row: StreamRow): void {
    const claim = new AbortController();
    const stream = this.#claim(row.id).then((status) =>
      claim.signal.aborted ? undefined : this.#options.start(row, status, this.#released.get(row.id)),
    );
    const entry: Entry = { fingerprint: fingerprint(row), ending: false, claim, stream, running: undefined };
    this.#running.set(row.id, entry);
    this.#track(
      stream.then(
        (started) => {
          entry.running = started;
        },
        (error: unknown) => {
          this.#options.logger.debug({ stream: row.id, error }, 'the stream could not be claimed');
          if (!entry.ending) this.#running.delete(row.id);
        },
      ),
    );
  }

  #end(id: string, entry: Entry, because: StopReason | 'leaving'): void {
    entry.ending = true;
    entry.claim.abort();
    const end = async (): Promise<void> => {
      const stream = await entry.stream.catch(() => undefined);
      try {
        if (because === 'changed' && stream && (await stream.release())) {
          this.#released.set(id, stream);
          this.#forget(id, entry);
        }
        await stream?.close(because);
      } finally {
        if (this.#released.get(id) === stream) this.#released.delete(id);
        this.#forget(id, entry);
      }
    };
    this.#track(end());
  }

  /** Another one may run in its place by now. */
  #forget(id: string, entry: Entry): void {
    if (this.#running.get(id) !== entry) return;
    this.#running.delete(id);
    this.#schedule();
  }

  /**
   * Claim a stream for this producer, with a new session. From now on, rows of the previous producer are late.
   * @throws if another producer has claimed it in the meantime, which happens when this one was away for a while
   */
  async #claim(id: string): Promise<StreamStatus> {
    const { me, tables } = this.#options;
    const session = nextSession(Date.now(), tables.statuses.get(streamId(id))?.session ?? 0);
    const claimed = await this.#write(id, {
      ...{ producer: me, state: 'starting', session, problem: undefined, notes: [], restarts: 0 },
    });
    const shown = tables.statuses.get(streamId(id));
    if (shown?.producer !== me || shown.session !== session)
      throw new Error('another producer has claimed it');
    return claimed;
  }

  async #write(
    id: string,
    change: Partial<StreamStatus> & Pick<StreamStatus, 'producer' | 'state'>,
  ): Promise<StreamStatus> {
    const { statuses } = this.#options.tables;
    const before = statuses.get(streamId(id));
    const next = { restarts: 0, droppedChunks: 0, notes: [], encoderLog: [], ...before, ...change };
    await statuses.put(streamId(id), next);
    return next;
  }

  #track(work: Promise<unknown>): void {
    const done = work.then(
      () => undefined,
      (error: unknown) => this.#options.logger.debug({ error }, 'the status could not be written'),
    );
    this.#work.add(done);
    void done.finally(() => this.#work.delete(done));
  }
}
