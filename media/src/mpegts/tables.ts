import { continuityAfter, MAX_TABLE_BYTES, sectionPackets } from './sections.js';

/** Programme tables (ISO 13818-1 2.4.4): which PIDs carry what. */
export const PAT_PID = 0;
const TABLE_PAT = 0x00;
const TABLE_PMT = 0x02;
const CRC_BYTES = 4;

export interface ElementaryStream {
  readonly pid: number;
  /** stream_type, table 2-34. */
  readonly type: number;
  /** As in the PMT: tag, length, body, and so on. */
  readonly descriptors: Uint8Array;
}

export interface Programme {
  readonly number: number;
  readonly pcrPid: number;
  readonly descriptors: Uint8Array;
  readonly streams: readonly ElementaryStream[];
}

const word = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
const pidAt = (bytes: Uint8Array, at: number): number => word(bytes, at) & 0x1fff;
const lengthAt = (bytes: Uint8Array, at: number): number => word(bytes, at) & 0x0fff;
/** current_next_indicator: the table applies already. */
const isCurrent = (section: Uint8Array): boolean => (section[5]! & 1) === 1;

/** The PMT PIDs in a PAT section, in order; undefined if it is not a PAT that applies. */
export function parsePat(section: Uint8Array): number[] | undefined {
  if (section[0] !== TABLE_PAT || !isCurrent(section)) return undefined;
  const pids: number[] = [];
  for (let at = 8; at + 4 <= section.byteLength - CRC_BYTES; at += 4) {
    if (word(section, at) !== 0) pids.push(pidAt(section, at + 2));
  }
  return pids;
}

/**
 * A PMT section (2.4.4.8):
 *
 *   02 | 1011, length 12 | programme 16 | version, current | number, last number | PCR PID 13 | length 12, descriptors
 *   then for each stream: type 8 | PID 13 | length 12, descriptors
 */
export function parsePmt(section: Uint8Array): Programme | undefined {
  if (section[0] !== TABLE_PMT || section.byteLength < 16 || !isCurrent(section)) return undefined;
  const end = section.byteLength - CRC_BYTES;
  const streams: ElementaryStream[] = [];
  let at = 12 + lengthAt(section, 10);
  const descriptors = section.slice(12, Math.min(at, end));
  while (at + 5 <= end) {
    const next = at + 5 + lengthAt(section, at + 3);
    streams.push({
      type: section[at]!,
      pid: pidAt(section, at + 1),
      descriptors: section.slice(at + 5, Math.min(next, end)),
    });
    at = next;
  }
  return { number: word(section, 3), pcrPid: pidAt(section, 8), descriptors, streams };
}

/** Writes PAT and PMT of one programme, with its own continuity counters. */
export class TableWriter {
  #patContinuity = 0;
  #pmtContinuity = 0;

  write(programme: Programme, pmtPid: number): Uint8Array {
    const { number, pcrPid, streams } = programme;
    const pat = sectionPackets(PAT_PID, this.#patContinuity, [
      ...[TABLE_PAT, 0, 0, 0, 1, 0xc1, 0, 0],
      ...[number >> 8, number & 0xff, 0xe0 | (pmtPid >> 8), pmtPid & 0xff],
    ]);
    const map = [
      ...[TABLE_PMT, 0, 0, number >> 8, number & 0xff, 0xc1, 0, 0, 0xe0 | (pcrPid >> 8), pcrPid & 0xff],
      ...withLength(programme.descriptors),
    ];
    for (const { type, pid, descriptors } of streams) {
      const entry = [type, 0xe0 | (pid >> 8), pid & 0xff, ...withLength(descriptors)];
      if (map.length + entry.length + CRC_BYTES <= MAX_TABLE_BYTES) map.push(...entry);
    }
    const pmt = sectionPackets(pmtPid, this.#pmtContinuity, map);
    this.#patContinuity = continuityAfter(pat);
    this.#pmtContinuity = continuityAfter(pmt);
    const out = new Uint8Array(pat.byteLength + pmt.byteLength);
    out.set(pat);
    out.set(pmt, pat.byteLength);
    return out;
  }
}

const withLength = (descriptors: Uint8Array): number[] => [
  0xf0 | (descriptors.byteLength >> 8),
  descriptors.byteLength & 0xff,
  ...descriptors,
];
