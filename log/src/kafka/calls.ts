import { setMaxListeners } from 'node:events';
import { closedLog } from './errors.js';
import { retry } from './retry.js';

/** How long a call keeps trying while the log is away, before it rejects with `unavailable`. Tails never give up. */
const CALL_LIMIT_MS = 5000;
/** Creating and deleting topics, and reading a table for the first time, take longer. */
export const SLOW_CALL_LIMIT_MS = 30_000;

/** Runs callers' requests to the log: repeats them for a while if the log is away, and ends them when it is closed. */
export class Calls {
  readonly #closing = new AbortController();

  constructor() {
    // Every wait of every call listens to it.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Aborts when the log is closed, with a {LogError} `closed`. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** @throws {LogError} */
  do<T>(attempt: () => Promise<T>, limitMs = CALL_LIMIT_MS): Promise<T> {
    return retry(attempt, { limitMs, signal: this.#closing.signal });
  }

  /** @throws {LogError} */
  slowly<T>(attempt: () => Promise<T>): Promise<T> {
    return this.do(attempt, SLOW_CALL_LIMIT_MS);
  }

  /** @throws {LogError} `closed` */
  checkOpen(): void {
    this.#closing.signal.throwIfAborted();
  }

  close(): void {
    this.#closing.abort(closedLog());
  }
}
