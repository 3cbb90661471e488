import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { counterOf, type MasterKey, type SessionKeys, sessionKeys, TAG_BYTES } from './keys.js';

const FIXED_HEADER_BYTES = 12;
const RTCP_HEADER_BYTES = 8;
const INDEX_BYTES = 4;
const ENCRYPTED = 0x8000_0000;
/** A publisher has a picture, its retransmissions, and sound. What more it invents is not remembered. */
const MAX_SOURCES = 8;
/** As many packets as wait for a missing one: what is older comes too late. */
const WINDOW = 2_048;
const ROUND = 65_536;

/** Which packets of a source came: each is believed once (RFC 3711 3.3.2). */
class Seen {
  /** Index of the newest one: rollover counter, and sequence number. */
  newest = -1;
  /** Each one at its index modulo the window. */
  readonly #indexes = new Float64Array(WINDOW).fill(-1);

  isNew(index: number): boolean {
    return index > this.newest - WINDOW && this.#indexes[index % WINDOW] !== index;
  }

  add(index: number): void {
    this.newest = Math.max(this.newest, index);
    this.#indexes[index % WINDOW] = index;
  }
}

/** Opens what a peer sends: RTP and RTCP, each packet of which is encrypted and signed (RFC 3711). */
export class SrtpReceiver {
  readonly #rtp: SessionKeys;
  readonly #rtcp: SessionKeys;
  readonly #seen = new Map<number, Seen>();
  /** Of RTCP, which each source counts for itself (RFC 3711 3.4); packets that are not newer are repeated, or late. */
  readonly #lastIndexes = new Map<number, number>();

  constructor(master: MasterKey) {
    this.#rtp = sessionKeys(master, 'rtp');
    this.#rtcp = sessionKeys(master, 'rtcp');
  }

  /** The packet in clear; undefined if it is not from the peer, or came before. */
  rtp(packet: Uint8Array): Uint8Array | undefined {
    const end = packet.byteLength - TAG_BYTES;
    const header = headerBytes(packet);
    if (header === undefined || header > end) return undefined;
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    const [sequence, ssrc] = [view.getUint16(2), view.getUint32(8)];
    const before = this.#seen.get(ssrc);
    if (!before && this.#seen.size >= MAX_SOURCES) return undefined;
    const index = indexOf(sequence, before?.newest);
    if (before?.isNew(index) === false) return undefined;
    const rollovers = Buffer.alloc(4);
    rollovers.writeUInt32BE(Math.floor(index / ROUND));
    const signature = createHmac('sha1', this.#rtp.authentication)
      .update(packet.subarray(0, end))
      .update(rollovers)
      .digest();
    if (!isSame(signature, packet.subarray(end))) return undefined;
    const seen = before ?? new Seen();
    seen.add(index);
    this.#seen.set(ssrc, seen);
    const counter = counterOf(this.#rtp.salt, ssrc, index);
    return opened(packet.subarray(0, end), header, this.#rtp.encryption, counter);
  }

  /** As `rtp`: header 64 | encrypted | E, index 32 | tag (RFC 3711 3.4). */
  rtcp(packet: Uint8Array): Uint8Array | undefined {
    const signed = packet.byteLength - TAG_BYTES;
    const end = signed - INDEX_BYTES;
    if (end < RTCP_HEADER_BYTES) return undefined;
    const signature = createHmac('sha1', this.#rtcp.authentication)
      .update(packet.subarray(0, signed))
      .digest();
    if (!isSame(signature, packet.subarray(signed))) return undefined;
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    const word = view.getUint32(end);
    const [index, ssrc] = [word % ENCRYPTED, view.getUint32(4)];
    const last = this.#lastIndexes.get(ssrc);
    if (last === undefined ? this.#lastIndexes.size >= MAX_SOURCES : index <= last) return undefined;
    this.#lastIndexes.set(ssrc, index);
    const plain = packet.subarray(0, end);
    if (word < ENCRYPTED) return plain;
    const counter = counterOf(this.#rtcp.salt, ssrc, index);
    return opened(plain, RTCP_HEADER_BYTES, this.#rtcp.encryption, counter);
  }
}

/** Fixed part, contributing sources and extension (RFC 3550 5.1, 5.3.1); undefined if it is longer than the packet. */
export function headerBytes(packet: Uint8Array): number | undefined {
  if (packet.byteLength < FIXED_HEADER_BYTES || packet[0]! >> 6 !== 2) return undefined;
  const extensionAt = FIXED_HEADER_BYTES + (packet[0]! & 0x0f) * 4;
  const hasExtension = (packet[0]! & 0x10) !== 0;
  if (!hasExtension) return extensionAt <= packet.byteLength ? extensionAt : undefined;
  if (extensionAt + 4 > packet.byteLength) return undefined;
  const words = packet[extensionAt + 2]! * 256 + packet[extensionAt + 3]!;
  const end = extensionAt + 4 + words * 4;
  return end <= packet.byteLength ? end : undefined;
}

/** With the rollover counter that brings it closest to the newest one (RFC 3711 3.3.1). */
function indexOf(sequence: number, newest: number | undefined): number {
  if (newest === undefined) return sequence;
  const rollovers = Math.round((newest - sequence) / ROUND);
  return Math.max(0, rollovers) * ROUND + sequence;
}

function opened(packet: Uint8Array, header: number, key: Uint8Array, counter: Uint8Array): Uint8Array {
  const out = new Uint8Array(packet.byteLength);
  out.set(packet.subarray(0, header));
  out.set(createDecipheriv('aes-128-ctr', key, counter).update(packet.subarray(header)), header);
  return out;
}

const isSame = (signature: Uint8Array, tag: Uint8Array): boolean =>
  timingSafeEqual(signature.subarray(0, TAG_BYTES), tag);
