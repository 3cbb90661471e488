import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/** More waits than a lower bitrate can mend in time. */
const SHUT = milliseconds(500);
const OPEN = milliseconds(250);
/** Of the sound, less is sent, and viewers miss it more. */
const SHUT_FOR_SOUND = milliseconds(3_000);
/** Pictures that the encoder has not begun. */
const MOST_IN_ENCODER = 2;

export type Verdict = 'pass' | 'uplink is full' | 'encoder is busy';

/**
 * Decides before the encoder which pictures are left out, so that no picture that is sent refers to one that is not:
 * leaving out one that has been encoded would damage all up to the next keyframe.
 */
export class Gate {
  #isShut = false;

  picture(queueDelay: Milliseconds, inEncoder: number): Verdict {
    this.#isShut = queueDelay > (this.#isShut ? OPEN : SHUT);
    if (this.#isShut) return 'uplink is full';
    return inEncoder > MOST_IN_ENCODER ? 'encoder is busy' : 'pass';
  }

  sound(queueDelay: Milliseconds): Verdict {
    return queueDelay > SHUT_FOR_SOUND ? 'uplink is full' : 'pass';
  }
}
