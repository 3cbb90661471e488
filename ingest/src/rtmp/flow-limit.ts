import { Milliseconds, milliseconds } from '@topicast/contracts/units';

/** 100 Mbit/s: more than any encoder sends live. */
const MAX_BYTES_PER_SECOND = 12_500_000;
/** Ten times what 120 pictures and the sound of a second take. */
const MAX_MESSAGES_PER_SECOND = 2_000;
const WINDOW = milliseconds(5_000);
/** A network that has stood still delivers what it held back, which is not ahead of the time. */
const MAX_AHEAD = milliseconds(30_000);
/** A longer step is a clock that was set. */
const MAX_STEP_MS = 10_000;
const WRAP = 2 ** 32;

/** Judges how much a publisher sends. Pure: it gets the time from its caller. */
export class FlowLimit {
  #windowSince: Milliseconds | undefined;
  #bytes = 0;
  #messages = 0;
  #begun: Milliseconds | undefined;
  #mediaMs = 0;
  #lastTimestamp: number | undefined;

  /**
   * @param timestamp of picture or sound, milliseconds in 32 bits
   * @returns why it should be cut, in words for its owner; undefined if it should not
   */
  add(bytes: number, timestamp: number | undefined, now: Milliseconds): string | undefined {
    this.#windowSince ??= now;
    if (Milliseconds.sub(now, this.#windowSince) >= WINDOW) {
      this.#windowSince = now;
      this.#bytes = 0;
      this.#messages = 0;
    }
    this.#bytes += bytes;
    this.#messages++;
    const seconds = WINDOW / 1_000;
    if (this.#bytes > MAX_BYTES_PER_SECOND * seconds || this.#messages > MAX_MESSAGES_PER_SECOND * seconds)
      return 'The encoder sent more than 100 Mbit/s, or thousands of messages a second, and was disconnected: lower its bitrate.';
    if (timestamp !== undefined && this.#aheadOf(timestamp, now) > MAX_AHEAD)
      return 'The encoder sent faster than the time passes, and was disconnected: with ffmpeg, write -re before -i.';
    return undefined;
  }

  #aheadOf(timestamp: number, now: Milliseconds): Milliseconds {
    this.#begun ??= now;
    const step = (timestamp - (this.#lastTimestamp ?? timestamp) + WRAP) % WRAP;
    const isBack = step > WRAP / 2;
    // Sound and pictures alternate, so the furthest counts.
    if (!isBack || WRAP - step > MAX_STEP_MS) this.#lastTimestamp = timestamp;
    if (step <= MAX_STEP_MS) this.#mediaMs += step;
    return Milliseconds.sub(milliseconds(this.#mediaMs), Milliseconds.sub(now, this.#begun));
  }
}
