import { PACKET_BYTES, payloadStart, SYNC_BYTE, startsUnit } from './packet.js';

/** Programme tables (ISO 13818-1 2.4.4): which PIDs carry what. */
export const PAT_PID = 0;
export const STREAM_TYPE_AAC_ADTS = 0x0f;
export const STREAM_TYPE_H264 = 0x1b;

export interface ElementaryStream {
  readonly pid: number;
  readonly type: number;
}

export interface Programme {
  readonly number: number;
  readonly pcrPid: number;
  readonly streams: readonly ElementaryStream[];
}

/** Puts the sections of one PID together, from as many packets as they take (at most 1,024 bytes). */
export class SectionAssembler {
  private parts: number[] = [];
  private wanted = 0;

  /** The section completed by this packet, CRC checked and cut off; or undefined. */
  push(packet: Uint8Array): Uint8Array | undefined {
    let at = payloadStart(packet);
    if (startsUnit(packet)) {
      at += 1 + (packet[at] ?? 0); // pointer_field
      this.parts = [];
      this.wanted = 0;
    } else if (this.wanted === 0) {
      return undefined;
    }
    for (; at < PACKET_BYTES; at++) this.parts.push(packet[at]!);
    if (this.wanted === 0) {
      if (this.parts.length < 3) return undefined;
      this.wanted = 3 + (((this.parts[1]! & 0x0f) << 8) | this.parts[2]!);
      if (this.wanted > 1024) this.wanted = 0;
    }
    if (this.wanted < 12 || this.parts.length < this.wanted) return undefined;
    const section = Uint8Array.from(this.parts.slice(0, this.wanted));
    this.wanted = 0;
    return crc32(section) === 0 ? section.subarray(0, -4) : undefined;
  }
}

/** The PMT PIDs in a PAT section, in order; empty if it is none. */
export function parsePat(section: Uint8Array): number[] {
  if (section[0] !== 0x00) return [];
  const pids: number[] = [];
  for (let at = 8; at + 4 <= section.byteLength; at += 4) {
    const number = (section[at]! << 8) | section[at + 1]!;
    if (number !== 0) pids.push(((section[at + 2]! & 0x1f) << 8) | section[at + 3]!);
  }
  return pids;
}

export function parsePmt(section: Uint8Array): Programme | undefined {
  if (section[0] !== 0x02 || section.byteLength < 12) return undefined;
  const streams: ElementaryStream[] = [];
  let at = 12 + (((section[10]! & 0x0f) << 8) | section[11]!);
  while (at + 5 <= section.byteLength) {
    streams.push({ type: section[at]!, pid: ((section[at + 1]! & 0x1f) << 8) | section[at + 2]! });
    at += 5 + (((section[at + 3]! & 0x0f) << 8) | section[at + 4]!);
  }
  return {
    number: (section[3]! << 8) | section[4]!,
    pcrPid: ((section[8]! & 0x1f) << 8) | section[9]!,
    streams,
  };
}

/** PAT and PMT of one programme, two packets with counters of their own. */
export class TableWriter {
  private continuity = 0;

  write(programme: Programme, pmtPid: number): Uint8Array {
    const [number, pmt] = [programme.number, pmtPid];
    const pat = [0x00, 0xb0, 0, 0, 1, 0xc1, 0, 0, number >> 8, number & 0xff, 0xe0 | (pmt >> 8), pmt & 0xff];
    const { pcrPid, streams } = programme;
    const map = [
      0x02,
      0xb0,
      0,
      number >> 8,
      number & 0xff,
      0xc1,
      0,
      0,
      0xe0 | (pcrPid >> 8),
      pcrPid & 0xff,
      0xf0,
      0,
    ];
    for (const { type, pid } of streams) map.push(type, 0xe0 | (pid >> 8), pid & 0xff, 0xf0, 0);
    const out = new Uint8Array(2 * PACKET_BYTES).fill(0xff);
    writeSection(out.subarray(0, PACKET_BYTES), PAT_PID, this.continuity, pat);
    writeSection(out.subarray(PACKET_BYTES), pmt, this.continuity, map);
    this.continuity = (this.continuity + 1) & 0x0f;
    return out;
  }
}

function writeSection(packet: Uint8Array, pid: number, continuity: number, section: number[]): void {
  section[2] = section.length - 3 + 4;
  packet.set([SYNC_BYTE, 0x40 | (pid >> 8), pid & 0xff, 0x10 | continuity, 0, ...section]);
  new DataView(packet.buffer, packet.byteOffset).setUint32(
    5 + section.length,
    crc32(Uint8Array.from(section)),
  );
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

/** CRC-32/MPEG-2 (Annex A); 0 over a section together with its CRC. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = ((crc << 8) ^ CRC_TABLE[((crc >>> 24) ^ byte) & 0xff]!) >>> 0;
  return crc;
}
