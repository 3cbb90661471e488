import type { StreamId } from '@topicast/contracts/stream-id';
import type { StreamStatus } from '@topicast/contracts/tables';
import type { TypedTable } from '@topicast/contracts/typed-table';
import type { Logger } from 'pino';

const PAUSE_MS = 1_000;

type StatusTable = Pick<TypedTable<StreamId, StreamStatus>, 'get' | 'put' | 'onChange' | 'onLate'>;

/**
 * Keeps one row of `topicast.status` up to date. A new state, a new session and the absence of an encoder are written at once, anything else at most once a second.
 * If a write fails, it tries again with what is true by then. Once another producer has a higher session, it writes
 * nothing more. If a late row of another producer, or a late deletion, has replaced our row in the log, it writes the
 * row again, for everybody who opens the table from now on.
 */
export class StatusWriter {
  readonly #table: StatusTable;
  readonly #stream: StreamId;
  readonly #logger: Logger;
  #current: StreamStatus;
  #written = '';
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  /** A change that came during a write does not wait for the usual pause. */
  #isUrgent = false;
  #closed = false;
  readonly #stopListening: readonly (() => void)[];

  constructor(table: StatusTable, stream: StreamId, initial: StreamStatus, logger: Logger) {
    this.#table = table;
    this.#stream = stream;
    this.#logger = logger;
    this.#current = initial;
    this.#stopListening = [
      table.onLate((name) => name === stream && this.#writeAgain(0)),
      // If nobody wants the stream, we are closed before that.
      table.onChange((name, row) => name === stream && row === undefined && this.#writeAgain(PAUSE_MS)),
    ];
    this.#schedule(0);
  }

  get current(): StreamStatus {
    return this.#current;
  }

  update(change: Partial<StreamStatus>): void {
    if (this.#closed) return;
    const before = this.#current;
    this.#current = { ...before, ...change };
    const { state, session, awaySince } = this.#current;
    const isNews = state !== before.state || session !== before.session || awaySince !== before.awaySince;
    if (isNews) this.#schedule(0);
    else if (!this.#timer) this.#schedule(PAUSE_MS);
  }

  /** Write nothing more; resolves when no write is in flight. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const stop of this.#stopListening) stop();
    await this.#writing;
  }

  #writeAgain(ms: number): void {
    this.#written = '';
    if (!this.#closed && !this.#timer) this.#schedule(ms);
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#isUrgent ||= ms === 0;
    this.#timer = setTimeout(() => this.#write(), ms);
  }

  #write(): void {
    this.#timer = undefined;
    // One write in flight; another one looks again when it is done.
    if (this.#closed || this.#writing) return;
    this.#isUrgent = false;
    const text = JSON.stringify(this.#current);
    if (text === this.#written || this.#isOvertaken()) return;
    this.#written = text;
    this.#writing = this.#table
      .put(this.#stream, this.#current)
      .then(
        () => undefined,
        (error: unknown) => {
          this.#written = '';
          this.#isUrgent = false;
          this.#logger.debug({ error }, 'the status could not be written');
        },
      )
      .finally(() => {
        this.#writing = undefined;
        const isBehind = JSON.stringify(this.#current) !== this.#written;
        if (isBehind && !this.#closed && !this.#timer) this.#schedule(this.#isUrgent ? 0 : PAUSE_MS);
      });
  }

  #isOvertaken(): boolean {
    const shown = this.#table.get(this.#stream);
    const { producer, session = 0 } = this.#current;
    return shown !== undefined && shown.producer !== producer && (shown.session ?? 0) >= session;
  }
}
