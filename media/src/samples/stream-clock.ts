import { TICKS_PER_SECOND, type Ticks90k, ticks90k } from '@topicast/contracts/units';
import { unwrapNear } from '../mpegts/timeline.js';
import type { Placement, SampleClock } from './sample.js';

/** Sound and data further than this from their chunk's time belong to another timeline. */
const MAX_DISTANCE = 10 * TICKS_PER_SECOND;

/**
 * Places samples on the time line of the chunk headers, so that each reader of a log gives them the same times,
 * wherever it began to read. `epoch` counts the reported discontinuities.
 */
export class StreamClock implements SampleClock {
  #now: Ticks90k | undefined;
  #epoch = -1;
  #last: number | undefined;

  /** Report each chunk before its samples are read. */
  begin(chunk: { readonly decodeTime: Ticks90k; readonly discontinuity: boolean }): void {
    if (chunk.discontinuity || this.#now === undefined) {
      this.#epoch++;
      this.#last = undefined;
    }
    this.#now = chunk.decodeTime;
  }

  placeVideo({ dts, pts }: { readonly dts: number; readonly pts: number }): Placement | undefined {
    const decode = this.#unwrap(dts);
    if (decode === undefined || decode <= (this.#last ?? Number.NEGATIVE_INFINITY)) return undefined;
    this.#last = decode;
    return this.#placed(decode, Math.max(unwrapNear(pts, decode), decode));
  }

  placeAudio(pts: number): Placement | undefined {
    const time = this.#unwrap(pts);
    return time === undefined ? undefined : this.#placed(time, time);
  }

  placeData(pts: number): Placement | undefined {
    return this.placeAudio(pts);
  }

  /** Nothing moves to where a track ended. */
  reach(): void {}

  #unwrap(timestamp: number): number | undefined {
    if (this.#now === undefined) return undefined;
    const time = unwrapNear(timestamp, this.#now);
    return Math.abs(time - this.#now) > MAX_DISTANCE ? undefined : time;
  }

  #placed(decode: number, presentation: number): Placement {
    return { decode: ticks90k(decode), presentation: ticks90k(presentation), epoch: this.#epoch };
  }
}
