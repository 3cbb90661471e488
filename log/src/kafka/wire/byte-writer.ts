/** Writes what {@link ByteReader} reads. */
export class ByteWriter {
  #bytes: Buffer;
  #at = 0;

  constructor(sizeHint = 256) {
    this.#bytes = Buffer.allocUnsafe(sizeHint);
  }

  /** The bytes so far: a view that is valid until more is written. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  int8(value: number): this {
    this.#at = this.#room(1).writeInt8(value, this.#at);
    return this;
  }

  int32(value: number): this {
    this.#at = this.#room(4).writeInt32BE(value, this.#at);
    return this;
  }

  /** An integer below 2^53, by amount. */
  int64(value: number): this {
    const high = Math.floor(value / 0x1_0000_0000);
    return this.int32(high | 0).int32((value - high * 0x1_0000_0000) | 0);
  }

  uvarint(value: number): this {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#byte((rest % 128) | 0x80);
    return this.#byte(rest);
  }

  compactString(text: string): this {
    const bytes = Buffer.byteLength(text);
    this.uvarint(bytes + 1);
    this.#room(bytes).write(text, this.#at);
    this.#at += bytes;
    return this;
  }

  compactArray<T>(items: readonly T[], write: (item: T) => void): this {
    this.uvarint(items.length + 1);
    for (const item of items) write(item);
    return this;
  }

  /** @param digits 32 hex digits */
  uuid(digits: string): this {
    this.#room(16).write(digits, this.#at, 'hex');
    this.#at += 16;
    return this;
  }

  /** None of the optional fields of a structure (KIP-482). */
  noTags(): this {
    return this.#byte(0);
  }

  #byte(value: number): this {
    this.#at = this.#room(1).writeUInt8(value, this.#at);
    return this;
  }

  #room(bytes: number): Buffer {
    if (this.#at + bytes > this.#bytes.byteLength) {
      const larger = Buffer.allocUnsafe(2 * (this.#at + bytes));
      this.#bytes.copy(larger, 0, 0, this.#at);
      this.#bytes = larger;
    }
    return this.#bytes;
  }
}
