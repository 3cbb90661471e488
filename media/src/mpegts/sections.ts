import { continuityOf, PACKET_BYTES, payloadStart, SYNC_BYTE, startsUnit } from './packet.js';

/** The longest section of a programme's tables (ISO 13818-1 2.4.4.11), and of a private one (2.4.4.12), in bytes. */
export const MAX_TABLE_BYTES = 1024;
export const MAX_PRIVATE_BYTES = 4096;

const LENGTH_FIELD_END = 3;
const CRC_BYTES = 4;

/** Assembles the sections of one PID, from as many packets as they take. */
export class SectionAssembler {
  readonly #maxBytes: number;
  #parts: number[] = [];
  #wanted = 0;
  #open = false;

  constructor(maxBytes = MAX_TABLE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** The section that this packet completes, including its CRC, which has been checked; or undefined. */
  push(packet: Uint8Array): Uint8Array | undefined {
    let at = payloadStart(packet);
    if (startsUnit(packet)) {
      at += 1 + (packet[at] ?? 0); // pointer_field
      this.#parts = [];
      this.#wanted = 0;
      this.#open = true;
    }
    if (!this.#open) return undefined;
    for (; at < PACKET_BYTES; at++) this.#parts.push(packet[at]!);
    if (this.#wanted === 0) {
      if (this.#parts.length < LENGTH_FIELD_END) return undefined;
      this.#wanted = LENGTH_FIELD_END + (((this.#parts[1]! & 0x0f) << 8) | this.#parts[2]!);
    }
    if (this.#wanted > this.#maxBytes) this.#open = false;
    if (!this.#open || this.#parts.length < this.#wanted) return undefined;
    this.#open = false;
    const section = Uint8Array.from(this.#parts.slice(0, this.#wanted));
    return section.byteLength >= 12 && crc32(section) === 0 ? section : undefined;
  }

  /** Bytes of the open section are missing. */
  lose(): void {
    this.#open = false;
  }
}

/**
 * The packets of one section; this adds its length and its CRC.
 * @param continuity of the first packet
 */
export function sectionPackets(pid: number, continuity: number, content: readonly number[]): Uint8Array {
  const length = content.length + CRC_BYTES - LENGTH_FIELD_END;
  const section = Uint8Array.from([...content, 0, 0, 0, 0]);
  section[1] = 0xb0 | (length >> 8);
  section[2] = length & 0xff;
  const crc = crc32(section.subarray(0, -CRC_BYTES));
  new DataView(section.buffer).setUint32(section.byteLength - CRC_BYTES, crc);
  const payload = Uint8Array.from([0, ...section]); // pointer_field
  const room = PACKET_BYTES - 4;
  const packets = new Uint8Array(Math.ceil(payload.byteLength / room) * PACKET_BYTES).fill(0xff);
  for (let i = 0; i * PACKET_BYTES < packets.byteLength; i++) {
    const head = [SYNC_BYTE, (i === 0 ? 0x40 : 0) | (pid >> 8), pid & 0xff, 0x10 | ((continuity + i) & 0x0f)];
    packets.set(head, i * PACKET_BYTES);
    packets.set(payload.subarray(i * room, (i + 1) * room), i * PACKET_BYTES + 4);
  }
  return packets;
}

/** The counter that follows the last of these packets. */
export const continuityAfter = (packets: Uint8Array): number =>
  (continuityOf(packets.subarray(-PACKET_BYTES)) + 1) & 0x0f;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

/** CRC-32/MPEG-2 (Annex A); 0 over a section together with its CRC. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = ((crc << 8) ^ CRC_TABLE[((crc >>> 24) ^ byte) & 0xff]!) >>> 0;
  return crc;
}
