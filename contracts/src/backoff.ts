import { Milliseconds } from './units.js';

/** The pauses of one owner of retries. Equal numbers: every pause is alike. */
export interface Backoff {
  /** The longest that the pause after the first failure can be. */
  readonly first: Milliseconds;
  /** No pause is longer. */
  readonly longest: Milliseconds;
}

/**
 * The pause before the next try: they double from the first to the longest, and each is drawn from its upper half. What
 * failed together, as everything does when a gateway or a broker dies, does not come back together.
 * @param failures in a row before the one that is now waited after: 0, 1, 2 ...
 * @param random uniform in [0, 1)
 */
export const pauseAfter = ({ first, longest }: Backoff, failures: number, random: number): Milliseconds =>
  jittered(Milliseconds.min(longest, Milliseconds.scale(first, 2 ** failures)), random);

/** For what is tried again at a steady pace: a pause drawn from its upper half. */
export const jittered = (longest: Milliseconds, random: number): Milliseconds =>
  Milliseconds.scale(longest, 0.5 + random / 2);
