/** Twice this long ago, the path may have been another one. */
const KEEP_MS = 10_000;

/** The least delay of the last 10 to 20 seconds: that of a chunk that had to wait for nothing. */
export class Baseline {
  #since = Number.NEGATIVE_INFINITY;
  #least = Number.POSITIVE_INFINITY;
  #leastBefore = Number.POSITIVE_INFINITY;

  /** @returns the least delay, this one included */
  add(at: number, delay: number): number {
    if (at - this.#since > KEEP_MS) {
      this.#leastBefore = this.#least;
      this.#least = delay;
      this.#since = at;
    }
    this.#least = Math.min(this.#least, delay);
    return Math.min(this.#least, this.#leastBefore);
  }

  reset(): void {
    this.#since = Number.NEGATIVE_INFINITY;
    this.#least = Number.POSITIVE_INFINITY;
    this.#leastBefore = Number.POSITIVE_INFINITY;
  }
}
