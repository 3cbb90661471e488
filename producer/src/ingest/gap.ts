import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { PublisherEnd } from '@topicast/ingest';

/** A network that stumbles is back before, and viewers see a picture that stands still. */
const SILENT = milliseconds(2_000);

/** Whether an encoder that has sent nothing for so long is taken for away. */
export const isSilent = (silentFor: Milliseconds): boolean => Milliseconds.sub(silentFor, SILENT) >= 0;

/** What viewers get of a publication; `elsewhere`: the slate of another producer, which waits for our encoder. */
export type OnAir = 'nothing' | 'encoder' | 'slate' | 'elsewhere';

export interface Situation {
  readonly onAir: OnAir;
  /** Whether one is connected, or how the last one left. */
  readonly encoder: 'here' | PublisherEnd['why'];
  /** Since its last chunk, or since it came. */
  readonly silentFor: Milliseconds;
  /** Since the slate began. */
  readonly awayFor: Milliseconds;
  /** How long viewers may see the slate. */
  readonly gap: Milliseconds;
  /** There is a slate to show, or another producer shows one, and this producer stays. */
  readonly canHold: boolean;
}

/** `clear`: there is nothing to see until the encoder sends a keyframe. */
export type Step = 'go on' | 'slate' | 'clear' | 'end';

/** What comes next. Pure. */
export function nextStep({ onAir, encoder, silentFor, awayFor, gap, canHold }: Situation): Step {
  // It has said goodbye, or it would send the same again.
  if (encoder === 'finished' || encoder === 'cut') return 'end';
  const isHere = encoder === 'here';
  if (!canHold || gap <= 0) return isHere && onAir !== 'slate' ? 'go on' : isHere ? 'clear' : 'end';
  switch (onAir) {
    case 'nothing':
      return isHere ? 'go on' : 'end';
    case 'encoder':
      return isHere && !isSilent(silentFor) ? 'go on' : 'slate';
    case 'elsewhere':
      // An encoder that has vanished before it was on air ends no slate: its network is bad, and it comes again.
      if (Milliseconds.sub(awayFor, gap) < 0) return 'go on';
      return isHere ? 'clear' : 'end';
    case 'slate':
      if (Milliseconds.sub(awayFor, gap) < 0) return 'go on';
      // Another one has come just now. A connection that has been silent for so long is dead.
      return isHere && silentFor < gap ? 'clear' : 'end';
  }
}
