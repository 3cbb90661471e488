/** Reads Kafka's primitive types, big-endian, one after the other. https://kafka.apache.org/protocol.html#protocol_types */
export class ByteReader {
  constructor(
    readonly bytes: Buffer,
    public at = 0,
  ) {}

  get left(): number {
    return this.bytes.byteLength - this.at;
  }

  skip(count: number): void {
    this.at += count;
  }

  int8(): number {
    this.at += 1;
    return this.bytes.readInt8(this.at - 1);
  }

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  /** Exact below 2^53, which is enough for offsets and times. */
  int64(): number {
    return this.int32() * 0x1_0000_0000 + (this.int32() >>> 0);
  }

  /** Zigzag: 0, -1, 1, -2, 2 ... are 0, 1, 2, 3, 4 ... */
  varint(): number {
    const raw = this.uvarint();
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
  }

  /** 7 bits per byte, least significant first; without bit operations, because it may be longer than 32 bits. */
  uvarint(): number {
    let raw = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes.readUInt8(this.at++);
      raw += (byte & 0x7f) * scale;
      if (byte < 0x80) return raw;
      if (scale > 2 ** 63) throw new RangeError('a varint has no end');
    }
  }

  /** The length of a compact string or array. The wire has one more, because 0 means null. Null counts as empty. */
  compactLength(): number {
    return Math.max(0, this.uvarint() - 1);
  }

  compactString(): string {
    return this.take(this.compactLength()).toString('utf8');
  }

  /** 32 hex digits. */
  uuid(): string {
    return this.take(16).toString('hex');
  }

  /** Optional fields that later versions may add to any structure (KIP-482). */
  skipTags(): void {
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint();
      this.take(this.uvarint());
    }
  }

  /** A view, not a copy. */
  take(count: number): Buffer {
    if (count < 0 || count > this.left) throw new RangeError(`${count} bytes wanted, ${this.left} are left`);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
}
