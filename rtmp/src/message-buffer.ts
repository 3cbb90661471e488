/** Collects a message of known length, in memory that is at most twice what has come, whatever was promised. */
export class MessageBuffer {
  readonly #length: number;
  #bytes = new Uint8Array(0);
  received = 0;

  constructor(length: number) {
    this.#length = length;
  }

  add(data: Uint8Array): void {
    const wanted = this.received + data.byteLength;
    if (wanted > this.#bytes.byteLength) {
      const room = Math.max(wanted, this.#bytes.byteLength * 2);
      const grown = new Uint8Array(Math.min(room, this.#length));
      grown.set(this.#bytes.subarray(0, this.received));
      this.#bytes = grown;
    }
    this.#bytes.set(data, this.received);
    this.received = wanted;
  }

  /** All of it, once that has come. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.received);
  }
}
