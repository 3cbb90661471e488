/** What all viewers of a process saw since the last report. */
export interface Report {
  /** Open connections, including those that do not read. */
  readonly open: number;
  /** Bytes received, framing included. */
  readonly bytes: number;
  readonly chunks: number;
  /** Differences from what was sent: the first few, in words. */
  readonly wrong: readonly string[];
  readonly wrongs: number;
  /** From publication to its last viewer, ms, for each chunk that all viewers got. */
  readonly lastViewer: readonly number[];
  /** From its first viewer to its last, ms. */
  readonly spread: readonly number[];
  /** The longest time between two chunks of one viewer, ms. */
  readonly longestGap: number;
  /** From the beginning of its connection to its first chunk, ms, for each viewer that has got one so far. */
  readonly joins: readonly number[];
  /** Viewers whose connection failed or was closed. */
  readonly lost: number;
}

const SLOTS = 1 << 13;

/** Counts for all viewers of one process. */
export class Tally {
  bytes = 0;
  chunks = 0;
  lost = 0;
  longestGap = 0;
  readonly joins: number[] = [];
  #wrongs = 0;
  #wrong: string[] = [];
  readonly #number = new Int32Array(SLOTS).fill(-1);
  readonly #published = new Float64Array(SLOTS);
  readonly #first = new Float64Array(SLOTS);
  readonly #last = new Float64Array(SLOTS);
  readonly #count = new Int32Array(SLOTS);

  /** A viewer has a whole chunk. `publishedAt` is NaN if it is unknown. */
  take(number: number, publishedAt: number, now: number): void {
    const slot = number % SLOTS;
    if (this.#number[slot] !== number) {
      this.#number[slot] = number;
      this.#published[slot] = publishedAt;
      this.#first[slot] = now;
      this.#count[slot] = 0;
    }
    this.#last[slot] = now;
    this.#count[slot]! += 1;
    this.chunks += 1;
  }

  complain(problem: string): void {
    this.#wrongs += 1;
    if (this.#wrong.length < 5) this.#wrong.push(problem);
  }

  /** @param reading viewers that should have got each chunk */
  report(open: number, reading: number): Report {
    const whole = [...this.#count.keys()].filter(
      (slot) => this.#number[slot]! >= 0 && this.#count[slot] === reading,
    );
    const report = {
      open,
      bytes: this.bytes,
      chunks: this.chunks,
      wrong: this.#wrong,
      wrongs: this.#wrongs,
      lastViewer: whole.map((slot) => this.#last[slot]! - this.#published[slot]!).filter(Number.isFinite),
      spread: whole.map((slot) => this.#last[slot]! - this.#first[slot]!),
      longestGap: this.longestGap,
      joins: this.joins,
      lost: this.lost,
    };
    this.bytes = 0;
    this.chunks = 0;
    this.longestGap = 0;
    this.#number.fill(-1);
    return report;
  }
}
