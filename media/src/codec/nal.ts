import { sameBytes } from '../bytes.js';

/** A byte stream of NAL units with start codes (ITU-T H.264 Annex B; H.265's is the same). */
const LENGTH_BYTES = 4;
/**
 * No level allows as many slices (H.264 table A-1, H.265 table A.8); a unit with more is an attempt to waste our time.
 */
const MAX_NALS = 8_192;
const MAX_PARAMETER_SETS = 512;
/** Their lengths are stored in 16 bits. */
const MAX_PARAMETER_SET_BYTES = 0xffff;

/**
 * The NAL units of an access unit, as views without start codes and without the zeros after them, which belong to the
 * byte stream. Returns none if there are more than any picture has.
 * @param isLast ends the search at the first such unit, whose view then reaches to the end
 */
export function nalUnits(bytes: Uint8Array, isLast?: (nal: Uint8Array) => boolean): Uint8Array[] {
  const nals: Uint8Array[] = [];
  for (let start = afterStartCode(bytes, 0); start < bytes.byteLength; ) {
    const rest = bytes.subarray(start);
    if (isLast?.(rest)) return [...nals, rest];
    const next = afterStartCode(bytes, start);
    let end = next < bytes.byteLength || endsWithStartCode(bytes) ? next - 3 : next;
    while (end > start && bytes[end - 1] === 0) end--;
    if (end > start) nals.push(bytes.subarray(start, end));
    if (nals.length > MAX_NALS) return [];
    start = next;
  }
  return nals;
}

/** At least two zeros, then a one: an access unit must begin with this. */
export function beginsWithStartCode(bytes: Uint8Array): boolean {
  let zeros = 0;
  while (bytes[zeros] === 0) zeros++;
  return zeros >= 2 && bytes[zeros] === 1;
}

/** The content of a sample: each NAL unit after its length (ISO 14496-15 5.3.2). */
export function withLengths(nals: readonly Uint8Array[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (const nal of nals) {
    const length = new Uint8Array(LENGTH_BYTES);
    new DataView(length.buffer).setUint32(0, nal.byteLength);
    parts.push(length, nal);
  }
  return parts;
}

/** Some streams repeat a parameter set within a unit; a decoder's configuration holds it once. */
export function distinct(sets: readonly Uint8Array[]): Uint8Array[] {
  const kept: Uint8Array[] = [];
  for (const set of sets.slice(0, MAX_PARAMETER_SETS)) {
    const isNew = set.byteLength <= MAX_PARAMETER_SET_BYTES && !kept.some((known) => sameBytes(known, set));
    if (isNew) kept.push(set);
  }
  return kept;
}

/** Index of the first byte after the next start code from `from` on, or the length. */
function afterStartCode(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(1, from + 2); at >= 0; at = bytes.indexOf(1, at + 1)) {
    if (bytes[at - 1] === 0 && bytes[at - 2] === 0) return at + 1;
  }
  return bytes.byteLength;
}

const endsWithStartCode = (bytes: Uint8Array): boolean =>
  bytes.at(-1) === 1 && bytes.at(-2) === 0 && bytes.at(-3) === 0;
