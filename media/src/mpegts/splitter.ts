import { PACKET_BYTES, SYNC_BYTE } from './packet.js';

/** After a loss of sync, how many packets in a row must begin with the sync byte before a byte counts as one. */
const CONFIRMATIONS = 3;

/**
 * Finds the 188-byte packets in a byte stream that may begin anywhere, be cut anywhere and hold garbage. In sync, a
 * packet leaves with its last byte; only the search for sync looks ahead. The result depends only on the bytes, not on
 * how they were split.
 */
export class PacketSplitter {
  readonly #onPacket: (packet: Uint8Array, position: number) => void;
  /** Bytes outside any packet. */
  garbageBytes = 0;
  #rest = new Uint8Array(0);
  #inSync = false;
  /** Position of `rest[0]` among all bytes ever pushed. */
  #position = 0;

  /** @param onPacket gets a view that is valid during the call only, and the packet's position in the stream. */
  constructor(onPacket: (packet: Uint8Array, position: number) => void) {
    this.#onPacket = onPacket;
  }

  push(bytes: Uint8Array): void {
    // A plain view: `slice` of a Node Buffer would not copy, and packets that we keep would be the caller's bytes.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#consume(joined(this.#rest, plain), CONFIRMATIONS);
  }

  /** No more bytes follow: the rest counts as packets with fewer confirmations. */
  end(): void {
    this.#consume(this.#rest, 1);
    this.garbageBytes += this.#rest.byteLength;
    this.#position += this.#rest.byteLength;
    this.#rest = new Uint8Array(0);
  }

  #consume(bytes: Uint8Array, confirmations: number): void {
    let at = 0;
    while (bytes.byteLength - at >= PACKET_BYTES) {
      if (this.#inSync && bytes[at] === SYNC_BYTE) {
        this.#onPacket(bytes.subarray(at, at + PACKET_BYTES), this.#position + at);
        at += PACKET_BYTES;
        continue;
      }
      const found = findSync(bytes, at, confirmations);
      this.#inSync = found.confirmed;
      this.garbageBytes += found.at - at;
      at = found.at;
      if (!found.confirmed) break;
    }
    this.#position += at;
    // A copy, because the caller may reuse its buffer, and a view would keep all of it in memory.
    this.#rest = new Uint8Array(bytes.subarray(at));
  }
}

/** The first byte from `at` on that can be a sync byte as far as the bytes show, and whether that is certain. */
function findSync(
  bytes: Uint8Array,
  from: number,
  confirmations: number,
): { at: number; confirmed: boolean } {
  for (let at = from; ; at++) {
    at = bytes.indexOf(SYNC_BYTE, at);
    if (at < 0) return { at: bytes.byteLength, confirmed: false };
    let seen = 1;
    while (seen < confirmations && bytes[at + seen * PACKET_BYTES] === SYNC_BYTE) seen++;
    if (seen === confirmations && at + PACKET_BYTES <= bytes.byteLength) return { at, confirmed: true };
    if (at + seen * PACKET_BYTES >= bytes.byteLength) return { at, confirmed: false };
  }
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  if (head.byteLength === 0) return tail;
  const all = new Uint8Array(head.byteLength + tail.byteLength);
  all.set(head);
  all.set(tail, head.byteLength);
  return all;
}
