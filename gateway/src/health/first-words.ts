import { setTimeout as sleep } from 'node:timers/promises';

/** A log that has nothing to say, or is away, holds nobody up for longer. */
const PATIENCE_MS = 1_000;

/** Lets the first question wait for the first answer of the log, which nobody has read before. */
export class FirstWords {
  readonly #came: Promise<void>;
  #resolve: () => void = () => undefined;
  #isOver = false;

  constructor() {
    this.#came = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** The log has told something. */
  note(): void {
    this.#isOver = true;
    this.#resolve();
  }

  /** Resolves when it has, or after a short time, after which nobody waits any more. */
  async heard(): Promise<void> {
    if (this.#isOver) return;
    const enough = new AbortController();
    await Promise.race([this.#came, sleep(PATIENCE_MS, undefined, { signal: enough.signal, ref: false })]);
    enough.abort();
    this.#isOver = true;
  }
}
