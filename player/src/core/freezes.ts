import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/** A picture that was put on the screen. */
export interface Presented {
  /** Monotonic. */
  readonly at: Milliseconds;
  /** Its place on the media timeline. */
  readonly media: Milliseconds;
}

/** A viewer notices a longer stop. In a stream with few pictures a second, it takes this many of its usual steps. */
const FREEZE_MS = 120;
const FREEZE_STEPS = 2.5;
const SMOOTHING = 0.1;
const LONGEST_STEP_MS = 1_000;

/** Counts how often a viewer sees the picture stand still, for whatever reason. */
export class Freezes {
  count = 0;
  #last: Presented | undefined;
  #usualStep: number | undefined;
  /** The stop of the present picture has been counted. */
  #isCounted = false;

  presented(picture: Presented): void {
    this.check(picture.at);
    const step = this.#last ? picture.media - this.#last.media : 0;
    if (step > 0 && step < LONGEST_STEP_MS) {
      this.#usualStep =
        this.#usualStep === undefined ? step : this.#usualStep + (step - this.#usualStep) * SMOOTHING;
    }
    this.#last = picture;
    this.#isCounted = false;
  }

  /** Call this from time to time, because no picture follows one that stands for ever. */
  check(now: Milliseconds): void {
    if (!this.#last || this.#isCounted || now - this.#last.at <= this.#allowed) return;
    this.#isCounted = true;
    this.count += 1;
  }

  /** Nobody expects the picture to move: it is paused or hidden, or the stream has ended. */
  excuse(): void {
    this.#last = undefined;
    this.#isCounted = false;
  }

  get #allowed(): Milliseconds {
    const usual = this.#usualStep ?? Number.POSITIVE_INFINITY;
    return milliseconds(Math.max(FREEZE_MS, usual * FREEZE_STEPS));
  }
}
