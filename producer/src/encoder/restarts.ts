import { pauseAfter } from '@topicast/contracts/backoff';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';

const BACKOFF = { first: milliseconds(200), longest: milliseconds(30_000) };
/** After an encoder has been on air for this long, its next failure counts as the first one. */
const WELL_AFTER = milliseconds(30_000);
/** For this long after that, the source is expected back at any moment: servers restart, publishers come again. */
const EXPECTED_BACK_FOR = milliseconds(15_000);
const LONGEST_WHILE_EXPECTED = milliseconds(1_000);

interface Ended {
  /** How long the encoder was on air; 0: never. */
  readonly ran: Milliseconds;
  /** It waited for a caller, who may come back at any moment. */
  readonly wasCalled: boolean;
}

/** What follows when an encoder has ended: how long the pause is, and whether viewers should be told of a failure. */
export class Restarts {
  #failures = 0;
  #wellUntil = Milliseconds.never;

  /** @param random uniform in [0, 1) */
  after(
    { ran, wasCalled }: Ended,
    now: Milliseconds,
    random: number,
  ): { readonly state: 'starting' | 'failed'; readonly pause: Milliseconds } {
    if (ran >= WELL_AFTER) {
      this.#failures = 0;
      this.#wellUntil = now;
    }
    // While nobody listens, callers are turned away.
    if (ran > 0 && wasCalled) this.#failures = 0;
    const isExpected = now - this.#wellUntil < EXPECTED_BACK_FOR;
    const longest = isExpected ? LONGEST_WHILE_EXPECTED : BACKOFF.longest;
    const pause = pauseAfter({ ...BACKOFF, longest }, this.#failures++, random);
    // One that has run is shown as starting again, one that has never run as failed.
    return { state: ran > 0 || isExpected ? 'starting' : 'failed', pause };
  }
}
