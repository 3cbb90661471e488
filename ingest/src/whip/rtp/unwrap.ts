/** Numbers that go round: each one is taken as the closest to the one before it. */
export class Unwrap {
  readonly #size: number;
  #last: number | undefined;

  /** @param bits of the field */
  constructor(bits: number) {
    this.#size = 2 ** bits;
  }

  /** Positive whatever the first one was, with room for some that are older than it. */
  next(value: number): number {
    const reference = this.#last ?? value + this.#size;
    this.#last = value + Math.round((reference - value) / this.#size) * this.#size;
    return this.#last;
  }
}
