import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/** Viewers join at keyframes. */
const EVERY = milliseconds(1_000);
/** Cameras do not hit their times, and the next picture would be too late. */
const EARLY = milliseconds(8);

/** Says which pictures are keyframes: the first one, and then one each second. */
export class Keyframes {
  #last: Milliseconds | undefined;

  isDue(time: Milliseconds): boolean {
    const isDue = this.#last === undefined || time < this.#last || time - this.#last >= EVERY - EARLY;
    if (isDue) this.#last = time;
    return isDue;
  }

  /** The next one is a keyframe: a new server, or another source. */
  reset(): void {
    this.#last = undefined;
  }
}
