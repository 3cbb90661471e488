import { jittered } from '@topicast/contracts/backoff';
import type { StreamId } from '@topicast/contracts/stream-id';
import { putBack } from '@topicast/contracts/stream-row';
import type { StreamRow } from '@topicast/contracts/tables';
import type { TypedTable } from '@topicast/contracts/typed-table';
import { milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';

interface RowRepairsOptions {
  readonly rows: TypedTable<StreamId, StreamRow>;
  readonly isBeingDeleted: (stream: StreamId) => boolean;
  readonly logger: Logger;
}

/** The loser itself is faster; of the gateways, the first one spares the others the work. */
const WAIT = milliseconds(2_000);

/**
 * Two clients may create or change the same stream at once, each through its own gateway. The loser puts the row that
 * counts back. If it dies before that, the table keeps the losing row, and everybody who opens the table later believes
 * it. So any gateway that has seen both puts the right row back after a while.
 *
 * A change may also reach the log after the deletion of its stream. Whoever opens the table later would take it for a
 * stream, so it is removed. That waits as well: it would hit a new stream of the same name, which in that time replaces
 * the row anyway.
 */
export class RowRepairs {
  readonly #options: RowRepairsOptions;
  readonly #timers = new Map<StreamId, NodeJS.Timeout>();
  readonly #unlisten: () => void;
  #isClosed = false;

  constructor(options: RowRepairsOptions) {
    this.#options = options;
    this.#unlisten = options.rows.onLate((stream) => this.#schedule(stream));
  }

  close(): void {
    this.#isClosed = true;
    this.#unlisten();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #schedule(stream: StreamId): void {
    if (this.#timers.has(stream)) return;
    const timer = setTimeout(() => this.#repair(stream), jittered(WAIT, Math.random()));
    this.#timers.set(stream, timer);
  }

  #repair(stream: StreamId): void {
    const { rows, isBeingDeleted, logger } = this.#options;
    this.#timers.delete(stream);
    const late = rows.overwritten.get(stream);
    if (!late || isBeingDeleted(stream)) return;
    const row = rows.get(stream);
    const [repair, done] = row
      ? [rows.put(stream, putBack(row, late)), 'two changes of the stream met: the first one was put back']
      : [rows.delete(stream), 'a change came after the deletion of the stream: it was removed'];
    repair.then(
      () => logger.warn({ stream }, done),
      (error: unknown) => {
        logger.debug({ err: error, stream }, 'the row of the stream could not be repaired');
        if (!this.#isClosed) this.#schedule(stream);
      },
    );
  }
}
