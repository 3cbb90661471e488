import { Milliseconds } from './units.js';

/** The pauses between retries. If both numbers are equal, all pauses have the same limit. */
export interface Backoff {
  /** The longest that the pause after the first failure can be. */
  readonly first: Milliseconds;
  /** No pause is longer. */
  readonly longest: Milliseconds;
}

/**
 * The pause before the next attempt. The limit doubles from `first` to `longest`, and each pause is drawn from the upper
 * half of its limit. So clients that fail together, because a gateway or a broker dies, do not all return together.
 * @param failures the number of failures in a row before the latest one: 0, 1, 2 ...
 * @param random uniform in [0, 1)
 */
export const pauseAfter = ({ first, longest }: Backoff, failures: number, random: number): Milliseconds =>
  jittered(Milliseconds.min(longest, Milliseconds.scale(first, 2 ** failures)), random);

/** A pause drawn from the upper half of `longest`, for attempts at a steady pace. */
export const jittered = (longest: Milliseconds, random: number): Milliseconds =>
  Milliseconds.scale(longest, 0.5 + random / 2);
