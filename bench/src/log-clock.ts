import { milliseconds, ticks90k } from '@topicast/contracts/units';
import type { NewRecord } from '@topicast/log';

/** Wall clock in ms with fractions, the same in all processes of a machine. */
export const now = (): number => performance.timeOrigin + performance.now();

const STAMP_BYTES = 8;

/** A chunk whose first bytes tell when it was made: a double, little-endian, of ms since 1970. */
export function stamped(sequence: number, sizeBytes: number): NewRecord {
  const value = Buffer.alloc(sizeBytes, sequence % 251);
  value.writeDoubleLE(now());
  return {
    header: {
      keyframe: sequence % 30 === 0,
      discontinuity: false,
      audioOnly: false,
      sinceKeyframe: sequence % 30,
      sequence,
      session: 1,
      decodeTime: ticks90k(sequence * 3000),
      wallClock: milliseconds(now()),
      presentationOffset: ticks90k(0),
    },
    value,
  };
}

/** Ms since a chunk was made. */
export const ageOf = (value: Uint8Array): number =>
  now() - new DataView(value.buffer, value.byteOffset, STAMP_BYTES).getFloat64(0, true);
