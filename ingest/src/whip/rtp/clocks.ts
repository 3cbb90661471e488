import { Milliseconds, milliseconds, type Ticks90k, ticks90k } from '@topicast/contracts/units';
import type { SenderReport } from './reports.js';
import { Unwrap } from './unwrap.js';

/** Picture and sound that are this far apart are seen to be (ITU-R BT.1359). */
const APART = milliseconds(20);
/** A sender whose reports say more has no clock that can be believed. */
const BEYOND_BELIEF = milliseconds(5_000);

/** Room for sound that was recorded before the first picture. */
const BEGINS_AT = milliseconds(60_000);

/** The times of one source. Before its sender's first report, its first packet was sent when it came. */
export class SourceClock {
  readonly #rate: number;
  readonly #timestamps = new Unwrap(32);
  /** From the source's time to the stream's. */
  #offset: Milliseconds | undefined;
  /** From the source's time to its sender's wall clock. */
  #toWallClock: Milliseconds | undefined;

  /** @param rate of its timestamps, a second */
  constructor(rate: number) {
    this.#rate = rate;
  }

  at(timestamp: number, now: Milliseconds): Ticks90k {
    const time = this.#timeOf(timestamp);
    this.#offset ??= Milliseconds.sub(Milliseconds.add(now, BEGINS_AT), time);
    return ticks90k(Math.round(Milliseconds.add(time, this.#offset) * 90));
  }

  report({ wallClock, timestamp }: SenderReport): void {
    if (this.#offset === undefined) return;
    this.#toWallClock = Milliseconds.sub(wallClock, this.#timeOf(timestamp));
  }

  /** Move this clock so that what was recorded at one time with `other` is shown at one time. */
  follow(other: SourceClock): void {
    const [mine, theirs] = [this.#sinceWallClock, other.#sinceWallClock];
    if (mine === undefined || theirs === undefined) return;
    const late = Milliseconds.sub(mine, theirs);
    if (Math.abs(late) < APART || Math.abs(late) > BEYOND_BELIEF) return;
    this.#offset = Milliseconds.sub(this.#offset!, late);
  }

  /** From the sender's wall clock to the stream's time. */
  get #sinceWallClock(): Milliseconds | undefined {
    return this.#offset === undefined || this.#toWallClock === undefined
      ? undefined
      : Milliseconds.sub(this.#offset, this.#toWallClock);
  }

  #timeOf(timestamp: number): Milliseconds {
    return milliseconds((this.#timestamps.next(timestamp) / this.#rate) * 1_000);
  }
}
