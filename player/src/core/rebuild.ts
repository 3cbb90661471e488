import { pauseAfter } from '@topicast/contracts/backoff';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';

const WINDOW_MS = 60_000;
const MOST_IN_WINDOW = 3;
const PAUSE = { first: milliseconds(2_000), longest: milliseconds(10_000) };

/**
 * How long to wait before something that broke, such as a media source or a decoder, is replaced. A stream that breaks
 * every one of them must not cause a loop, and one that has broken some must not stay dark for ever.
 */
export class Rebuilds {
  /** When earlier ones of the last minute were replaced. */
  #at: readonly number[] = [];

  /** @param random uniform in [0, 1) @returns zero: at once */
  plan(now = Milliseconds.now(), random = Math.random()): Milliseconds {
    const recent = this.#at.filter((at) => now - at < WINDOW_MS);
    const excess = recent.length - MOST_IN_WINDOW;
    const pause = excess < 0 ? Milliseconds.zero : pauseAfter(PAUSE, excess, random);
    this.#at = [...recent, now + pause];
    return pause;
  }
}
