import { PACKET_BYTES, payloadStart } from './packet.js';

/**
 * Head of a PES packet (ISO 13818-1 2.4.3.6):
 *
 *   00 00 01 | stream id | length 16 | 10.. .... | PTS/DTS flags 2, ... | header length | PTS 5 bytes | DTS 5 bytes
 */
interface PesHeader {
  /** Bytes of the whole PES packet, or undefined if it does not say (only video may leave it open). */
  readonly length: number | undefined;
  /** Where the bytes of the elementary stream begin. */
  readonly payloadAt: number;
  /** 33 bits, 90 kHz. */
  readonly pts: number | undefined;
  readonly dts: number | undefined;
}

/** The header at the beginning of these bytes, or undefined if there is none or it is cut short. */
export function parsePesHeader(pes: Uint8Array): PesHeader | undefined {
  if (pes.byteLength < 9 || pes[0] !== 0 || pes[1] !== 0 || pes[2] !== 1) return undefined;
  if ((pes[6]! & 0xc0) !== 0x80) return undefined;
  const declared = (pes[4]! << 8) | pes[5]!;
  const payloadAt = 9 + pes[8]!;
  if (pes.byteLength < payloadAt || (declared !== 0 && declared + 6 < payloadAt)) return undefined;
  const flags = pes[7]! >> 6;
  const pts = flags & 2 && pes[8]! >= 5 ? readTimestamp(pes, 9) : undefined;
  const dts = flags === 3 && pes[8]! >= 10 ? readTimestamp(pes, 14) : pts;
  return { length: declared === 0 ? undefined : declared + 6, payloadAt, pts, dts };
}

const readTimestamp = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! >> 1) & 7) * 0x4000_0000 +
  ((bytes[at + 1]! << 22) | ((bytes[at + 2]! >> 1) << 15) | (bytes[at + 3]! << 7) | (bytes[at + 4]! >> 1));

/** PES_packet_length has 16 bits; a longer packet leaves it 0, which only video may (2.4.3.7). */
const MAX_DECLARED_BYTES = 0xffff;

/** The head that `parsePesHeader` reads, with both time stamps if they differ, and with stuffing at its end. */
export function pesHeader(
  streamId: number,
  { pts, dts, payloadBytes, stuffing = 0 }: PesFacts,
): Uint8Array<ArrayBuffer> {
  const stamps = dts === pts ? timestamp(2, pts) : [...timestamp(3, pts), ...timestamp(1, dts)];
  const follows = 3 + stamps.length + stuffing + payloadBytes;
  const length = follows > MAX_DECLARED_BYTES ? 0 : follows;
  return Uint8Array.from([
    ...[0, 0, 1, streamId, length >> 8, length & 0xff],
    ...[0x84, dts === pts ? 0x80 : 0xc0, stamps.length + stuffing], // aligned: a unit begins with the payload
    ...stamps,
    ...Array<number>(stuffing).fill(0xff),
  ]);
}

interface PesFacts {
  /** 90 kHz; their low 33 bits are written. */
  readonly pts: number;
  readonly dts: number;
  readonly payloadBytes: number;
  readonly stuffing?: number;
}

/** 33 bits in five bytes: a prefix of 4 bits, then 3, 15 and 15 bits, each followed by a marker. */
function timestamp(prefix: number, ticks: number): number[] {
  const high = Math.floor(ticks / 2 ** 15) & 0x3_ffff;
  const low = ticks & 0x7fff;
  return [
    (prefix << 4) | ((high >> 15) << 1) | 1,
    (high >> 7) & 0xff,
    ((high & 0x7f) << 1) | 1,
    low >> 7,
    ((low & 0x7f) << 1) | 1,
  ];
}

/** The packets of one PES packet as they arrive, together with its bytes. Both buffers are reused. */
export class PesBuffer {
  #packetBytes = new Uint8Array(64 * 1024);
  #pesBytes = new Uint8Array(64 * 1024);
  #packetLength = 0;
  #pesLength = 0;

  clear(): void {
    this.#packetLength = 0;
    this.#pesLength = 0;
  }

  add(packet: Uint8Array): void {
    if (this.#packetLength + PACKET_BYTES > this.#packetBytes.byteLength) {
      this.#packetBytes = grown(this.#packetBytes);
      this.#pesBytes = grown(this.#pesBytes);
    }
    this.#packetBytes.set(packet, this.#packetLength);
    this.#packetLength += PACKET_BYTES;
    const payload = packet.subarray(payloadStart(packet));
    this.#pesBytes.set(payload, this.#pesLength);
    this.#pesLength += payload.byteLength;
  }

  /** Views, valid until the next call. */
  get packets(): Uint8Array {
    return this.#packetBytes.subarray(0, this.#packetLength);
  }
  get pes(): Uint8Array {
    return this.#pesBytes.subarray(0, this.#pesLength);
  }
}

function grown(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.byteLength * 2);
  out.set(bytes);
  return out;
}
