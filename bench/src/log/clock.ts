import type { NewRecord } from '@topicast/log';
import { numberedChunk } from '@topicast/test/numbered-chunks';

/** Wall clock in ms with fractions, the same in all processes of a machine. */
export const now = (): number => performance.timeOrigin + performance.now();

const STAMP_BYTES = 8;

/** A chunk whose first bytes contain its time: a double, little-endian, in ms since 1970. */
export function stamped(sequence: number, sizeBytes: number): NewRecord {
  const value = Buffer.alloc(sizeBytes, sequence % 251);
  value.writeDoubleLE(now());
  return { header: numberedChunk(1, sequence, 0, now()).header, value };
}

/** Ms since a chunk was made. */
export const ageOf = (value: Uint8Array): number =>
  now() - new DataView(value.buffer, value.byteOffset, STAMP_BYTES).getFloat64(0, true);
