const PERIOD_MS = 1_000;

interface Occurrence {
  readonly address: string;
  readonly why: string;
}

/** Tells what strangers make happen at most once a second: the first one at once, the next ones together with the last. */
export class DoorReport {
  readonly #tell: (count: number, last: Occurrence) => void;
  #untold = 0;
  #last: Occurrence | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (count: number, last: Occurrence) => void) {
    this.#tell = tell;
  }

  add(occurrence: Occurrence): void {
    this.#untold++;
    this.#last = occurrence;
    if (!this.#timer) this.#flush();
  }

  /** Tells the rest. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#last && this.#untold > 0) this.#tell(this.#untold, this.#last);
    this.#untold = 0;
  }

  #flush(): void {
    if (this.#untold === 0 || !this.#last) return;
    this.#tell(this.#untold, this.#last);
    this.#untold = 0;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, PERIOD_MS).unref();
  }
}
