/** Longer than the part that we read of any parameter set. */
const MAX_BYTES = 4_096;

/** Reads bits and Exp-Golomb codes (ITU-T H.264 9.1), stepping over emulation prevention bytes; zeros past the end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(escaped: Uint8Array) {
    this.#bytes = escaped
      .subarray(0, MAX_BYTES)
      .filter((byte, i) => !(byte === 3 && i >= 2 && escaped[i - 1] === 0 && escaped[i - 2] === 0));
  }

  /** More was read than there is. */
  get exhausted(): boolean {
    return this.#at > this.#bytes.byteLength * 8;
  }

  flag(): boolean {
    return this.#bit() === 1;
  }

  /** Up to 32 bits. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.#bit();
    return value;
  }

  skip(count: number): void {
    this.#at += count;
  }

  unsigned(): number {
    let zeros = 0;
    while (zeros < 32 && !this.exhausted && this.#bit() === 0) zeros++;
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  signed(): number {
    const code = this.unsigned();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }

  #bit(): number {
    const bit = ((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1;
    this.#at++;
    return bit;
  }
}
