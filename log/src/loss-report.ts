const PERIOD_MS = 1_000;

/**
 * Reports losses at most once a second: the first one at once, those that follow together, with the last reason.
 * Gateways and producers share it.
 */
export class LossReport {
  readonly #tell: (count: number, reason: string) => void;
  #untold = 0;
  #reason = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (count: number, reason: string) => void) {
    this.#tell = tell;
  }

  add(count: number, reason = ''): void {
    if (count === 0) return;
    this.#untold += count;
    this.#reason = reason;
    if (!this.#timer) this.#flush();
  }

  /** Reports the rest. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#untold > 0) this.#tell(this.#untold, this.#reason);
    this.#untold = 0;
  }

  #flush(): void {
    this.#tell(this.#untold, this.#reason);
    this.#untold = 0;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#untold > 0) this.#flush();
    }, PERIOD_MS).unref();
  }
}
