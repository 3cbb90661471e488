import { type Bytes, bytes, Milliseconds, milliseconds } from '@topicast/contracts/units';

/** Of an encoder that runs. What starts, or is far behind, gets more time than that. */
const MOST_WAIT = { starting: milliseconds(10_000), running: milliseconds(2_000) } as const;
const MOST_BYTES = bytes(16_000_000);
/** What is left out at the beginning, or once in a while, is no reason for a complaint. */
const WINDOW = milliseconds(30_000);
const SURE_AFTER = milliseconds(10_000);
const TOO_MUCH = 0.1;

/** What has not gone into the encoder. */
export interface Backlog {
  readonly bytes: Bytes;
  /** How long the oldest of it has waited. */
  readonly waited: Milliseconds;
}

interface Offered {
  readonly at: Milliseconds;
  readonly isTaken: boolean;
}

/**
 * Decides which pictures an encoder gets that may be too slow for all. Pure. Nobody can decode a GOP from its middle, so
 * GOPs are left out whole, unless one is larger than all that may wait.
 */
export class GopGate {
  #isOpen = false;
  #isRunning = false;
  #since: Milliseconds | undefined;
  #offered: Offered[] = [];

  /** The encoder has given its first picture. */
  start(): void {
    this.#isRunning = true;
  }

  /** @returns whether the picture goes in */
  takes(isKeyframe: boolean, backlog: Backlog, now: Milliseconds): boolean {
    const mostWait = this.#isRunning ? MOST_WAIT.running : MOST_WAIT.starting;
    if (isKeyframe) this.#isOpen = backlog.waited <= mostWait && backlog.bytes <= MOST_BYTES / 2;
    if (backlog.bytes > MOST_BYTES) this.#isOpen = false;
    this.#since ??= now;
    this.#offered.push({ at: now, isTaken: this.#isOpen });
    while (now - this.#offered[0]!.at > WINDOW) this.#offered.shift();
    return this.#isOpen;
  }

  /** The share of the last pictures that was left out, if that is too much. */
  leftOut(now: Milliseconds): number | undefined {
    if (this.#since === undefined || Milliseconds.sub(now, this.#since) < SURE_AFTER) return undefined;
    const share = this.#offered.filter(({ isTaken }) => !isTaken).length / this.#offered.length;
    return share >= TOO_MUCH ? share : undefined;
  }
}
