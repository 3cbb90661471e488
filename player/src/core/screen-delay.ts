import { Milliseconds, milliseconds } from '@topicast/contracts/units';

/** What a browser tells about a picture that it has put on the screen. */
export interface ShownPicture {
  /** From the decoder's input to its output; not every browser tells. */
  readonly decoding: Milliseconds;
  /** From the moment when the playhead was at the picture. */
  readonly late: Milliseconds;
}

const SMOOTHING = 0.05;
/** Around a seek, the playhead is somewhere else. A busy machine shows pictures half a second late. */
const MOST_MS = 1_000;

/** How long pictures take from their turn in the buffer to the screen. */
export class ScreenDelay {
  #mean = 0;
  #hasAny = false;

  get mean(): Milliseconds {
    return milliseconds(this.#mean);
  }

  add({ decoding, late }: ShownPicture): void {
    const delay = decoding + Math.max(0, late);
    if (!(delay < MOST_MS)) return;
    this.#mean += (delay - this.#mean) * (this.#hasAny ? SMOOTHING : 1);
    this.#hasAny = true;
  }

  reset(): void {
    this.#mean = Milliseconds.zero;
    this.#hasAny = false;
  }
}
