/** Between 0.75 and 1.25 of a pause, so that runs that failed together do not come back together. */
export const jittered = (ms: number, random: () => number = Math.random): number =>
  ms * (0.75 + random() / 2);

const FIRST_MS = 500;
const MOST_MS = 30_000;
/** A run that lasted this long was healthy: the next failure counts as the first one. */
const WELL_AFTER_MS = 30_000;

/** Pauses between tries: 0.5 s, doubling, at most 30 s. */
export class Backoff {
  #failures = 0;

  constructor(private readonly random: () => number = Math.random) {}

  /** The pause after a run of this length. */
  next(ranMs: number): number {
    if (ranMs >= WELL_AFTER_MS) this.#failures = 0;
    const pause = Math.min(FIRST_MS * 2 ** this.#failures, MOST_MS);
    this.#failures++;
    return Math.min(jittered(pause, this.random), MOST_MS);
  }
}
