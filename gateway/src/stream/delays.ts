import type { PathDelays } from '@topicast/contracts/server-message';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { LogRecord } from '@topicast/log';

/** Time constant of the means: viewers ask every few seconds. */
const SMOOTHING_MS = 3_000;

/** How long the pictures of a rendition take from the encoder to the log, and from there to this gateway. */
export class Delays {
  #mean: PathDelays | undefined;
  #at = Milliseconds.never;

  get mean(): PathDelays | undefined {
    return this.#mean;
  }

  /** @param age of the record since the log took it in */
  add({ header, timestamp }: LogRecord, age: Milliseconds, now: Milliseconds): void {
    // Sound alone has times of its own.
    if (!header || (header.audioOnly && !header.keyframe)) return;
    const encoder = Milliseconds.sub(timestamp, header.wallClock);
    const weight = 1 - Math.exp((this.#at - now) / SMOOTHING_MS);
    const toward = (mean: number, value: number) => milliseconds(mean + (value - mean) * weight);
    this.#mean = this.#mean
      ? { encoder: toward(this.#mean.encoder, encoder), log: toward(this.#mean.log, age) }
      : { encoder, log: age };
    this.#at = now;
  }
}
