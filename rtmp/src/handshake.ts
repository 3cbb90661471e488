import { randomBytes } from 'node:crypto';
import { WireError } from './wire-error.js';

/**
 * The simple handshake (Adobe RTMP 1.0, 5.2). A client that hopes for Flash's signed one learns from our version of 0
 * that there is none.
 *
 *   C0, S0: version 8 | C1, S1: time 32, zero 32, random 1528 bytes | C2, S2: the other side's time, a time, its random
 */
const VERSION = 3;
const PART_BYTES = 1536;

/** Of the side that listens. */
export class Handshake {
  #received = new Uint8Array(1 + 2 * PART_BYTES);
  #length = 0;

  /** @returns what is to be sent now. */
  push(bytes: Uint8Array): { readonly reply: Uint8Array; readonly isDone: boolean; readonly taken: number } {
    const before = this.#length;
    const taken = bytes.subarray(0, this.#received.byteLength - before);
    this.#received.set(taken, before);
    this.#length += taken.byteLength;
    if (this.#length > 0 && this.#received[0] !== VERSION) throw new WireError('this is not RTMP');
    const hasFirst = this.#length > PART_BYTES;
    const isNew = hasFirst && before <= PART_BYTES;
    return {
      reply: isNew ? this.#reply() : new Uint8Array(0),
      isDone: this.#length === this.#received.byteLength,
      taken: taken.byteLength,
    };
  }

  #reply(): Uint8Array {
    return Buffer.concat([hello(), this.#received.subarray(1, 1 + PART_BYTES)]);
  }
}

/** Of the side that connects. */
export class ClientHandshake {
  /** Sent first: C0 and C1. */
  readonly hello = hello();
  #received = new Uint8Array(1 + 2 * PART_BYTES);
  #length = 0;

  /**
   * @returns C2 and how many of the bytes belonged to the handshake, once S0 to S2 are here
   * @throws {WireError} if this is not RTMP
   */
  push(bytes: Uint8Array): { readonly reply: Uint8Array; readonly taken: number } | undefined {
    const taken = bytes.subarray(0, this.#received.byteLength - this.#length);
    this.#received.set(taken, this.#length);
    this.#length += taken.byteLength;
    if (this.#length > 0 && this.#received[0] !== VERSION) throw new WireError('this is not RTMP');
    if (this.#length < this.#received.byteLength) return undefined;
    return { reply: this.#received.slice(1, 1 + PART_BYTES), taken: taken.byteLength };
  }
}

/** The version, then a time and a version of zeros, then random bytes. */
function hello(): Uint8Array {
  const out = new Uint8Array(1 + PART_BYTES);
  out[0] = VERSION;
  out.set(randomBytes(PART_BYTES - 8), 9);
  return out;
}
