import type { Track } from '@topicast/contracts/catalog';
import { type Milliseconds, milliseconds, type Seconds, seconds } from '@topicast/contracts/units';
import type { Structure } from '../encoder/meter.js';

/** Encoders count in whole pictures, so two seconds may be a little more. */
const LONG_GOP: Seconds = seconds(2.2);
/** A track that is announced later than this is missed. */
const EXPECTED_WITHIN: Milliseconds = milliseconds(3_000);

export interface Sent {
  readonly kinds: readonly Track['kind'][];
  readonly structure: Structure | undefined;
  /** Since the first chunk. */
  readonly liveFor: Milliseconds;
}

/** What to change in the settings of an encoder that publishes, one sentence each. */
export function adviceOn({ kinds, structure, liveFor }: Sent): string[] {
  const advice: string[] = [];
  if (structure?.hasReordering) {
    advice.push(
      'The encoder sends B-frames, which add delay: set its B-frames to 0, or its tuning to zerolatency.',
    );
  }
  if (structure && structure.longestGop > LONG_GOP) {
    advice.push(
      `The encoder sends keyframes up to ${structure.longestGop.toFixed(1)} s apart, so viewers join late: set its keyframe interval to 1 s, or 2 s at most.`,
    );
  }
  if (liveFor >= EXPECTED_WITHIN && !kinds.includes('audio')) advice.push('The encoder sends no sound.');
  if (liveFor >= EXPECTED_WITHIN && !kinds.includes('video')) advice.push('The encoder sends no picture.');
  return advice;
}
