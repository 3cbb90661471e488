import { Milliseconds, milliseconds } from '@topicast/contracts/units';

/** 100 Mbit/s: more than any encoder sends live. */
const MAX_BYTES_PER_SECOND = 12_500_000;
/** Ten times what 120 pictures and the sound of a second take. */
const MAX_MESSAGES_PER_SECOND = 2_000;
const WINDOW = milliseconds(5_000);
/** A network that has stood still delivers what it held back, which is not ahead of the time. */
const MAX_AHEAD_MS = 30_000;
/** Clocks drift by 100 ppm or so, which is 30 s after some days. So a part of the time that passes is forgiven. */
const FORGIVEN = 0.01;
/** A longer step is a clock that was set. */
const MAX_STEP_MS = 10_000;
const WRAP = 2 ** 32;

/** What a publisher costs in a moment. */
interface Cost {
  /** Bytes of its connection, whatever they are. */
  readonly received?: number;
  /** Bytes of MPEG-TS that were made of them: a keyframe of a few bytes has its parameter sets in front. */
  readonly made?: number;
  readonly messages?: number;
}

/** Judges how much a publisher sends. Pure: it gets the time from its caller. */
export class FlowLimit {
  #windowSince: Milliseconds | undefined;
  #received = 0;
  #made = 0;
  #messages = 0;
  #aheadMs = 0;
  #lastNow: Milliseconds | undefined;
  #lastTimestamp: number | undefined;

  /** @returns why it should be cut, in words for its owner; undefined if it should not */
  charge({ received = 0, made = 0, messages = 0 }: Cost, now: Milliseconds): string | undefined {
    this.#windowSince ??= now;
    if (Milliseconds.sub(now, this.#windowSince) >= WINDOW) {
      this.#windowSince = now;
      this.#received = 0;
      this.#made = 0;
      this.#messages = 0;
    }
    this.#received += received;
    this.#made += made;
    this.#messages += messages;
    const seconds = WINDOW / 1_000;
    const bytes = Math.max(this.#received, this.#made);
    return bytes > MAX_BYTES_PER_SECOND * seconds || this.#messages > MAX_MESSAGES_PER_SECOND * seconds
      ? 'The encoder sent more than 100 Mbit/s, or thousands of messages a second, and was disconnected: lower its bitrate.'
      : undefined;
  }

  /**
   * @param timestamp of picture or sound, milliseconds in 32 bits
   * @returns as `charge` does
   */
  follow(timestamp: number, now: Milliseconds): string | undefined {
    return this.#aheadOf(timestamp, now) > MAX_AHEAD_MS
      ? 'The encoder sent faster than the time passes, and was disconnected: with ffmpeg, write -re before -i.'
      : undefined;
  }

  #aheadOf(timestamp: number, now: Milliseconds): number {
    const passed = Milliseconds.sub(now, this.#lastNow ?? now);
    this.#lastNow = now;
    const step = (timestamp - (this.#lastTimestamp ?? timestamp) + WRAP) % WRAP;
    const isBack = step > WRAP / 2;
    // Sound and pictures alternate, so the furthest counts.
    if (!isBack || WRAP - step > MAX_STEP_MS) this.#lastTimestamp = timestamp;
    this.#aheadMs += (step <= MAX_STEP_MS ? step : 0) - passed;
    // Behind the time it stays: a network that has stood still delivers all of it later.
    if (this.#aheadMs > 0) this.#aheadMs = Math.max(0, this.#aheadMs - passed * FORGIVEN);
    return this.#aheadMs;
  }
}
