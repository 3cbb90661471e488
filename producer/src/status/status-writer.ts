import type { StreamId } from '@topicast/contracts/stream-id';
import { type StreamStatus, streamStatusKey } from '@topicast/contracts/tables';
import type { Table } from '@topicast/log';
import type { Logger } from 'pino';

const PAUSE_MS = 1_000;

/**
 * Keeps one row of `topicast.status` in step with what is: a new state is written at once, anything else at most once
 * a second. What cannot be written is tried again with what is true by then.
 */
export class StatusWriter {
  #current: StreamStatus;
  #written = '';
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(
    private readonly table: Table,
    private readonly stream: StreamId,
    initial: StreamStatus,
    private readonly logger: Logger,
  ) {
    this.#current = initial;
    this.#schedule(0);
  }

  get current(): StreamStatus {
    return this.#current;
  }

  update(change: Partial<StreamStatus>): void {
    if (this.#closed) return;
    const urgent = change.state !== undefined && change.state !== this.#current.state;
    this.#current = { ...this.#current, ...change };
    if (urgent) this.#schedule(0);
    else if (!this.#timer) this.#schedule(PAUSE_MS);
  }

  /** Write nothing any more; resolves when no write is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#writing;
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), ms);
  }

  #write(): void {
    this.#timer = undefined;
    if (this.#closed) return;
    const text = JSON.stringify(this.#current);
    if (text === this.#written) return;
    // One write in flight; another one looks again when it is done.
    if (this.#writing) return;
    this.#writing = this.table
      .put(streamStatusKey(this.stream), text)
      .then(
        () => {
          this.#written = text;
        },
        (error: unknown) => this.logger.debug({ error }, 'the status could not be written'),
      )
      .finally(() => {
        this.#writing = undefined;
        const behind = JSON.stringify(this.#current) !== this.#written;
        if (behind && !this.#closed && !this.#timer) this.#schedule(PAUSE_MS);
      });
  }
}
