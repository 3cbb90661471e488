import { Milliseconds, type Ticks90k, ticksToMs } from '@topicast/contracts/units';

const WINDOW_MS = 10_000;
/** Crystals differ by a tenth of a millisecond a second. This leaves room, and no viewer notices it. */
const RISE_PER_MS = 0.002;
/** We follow a source at once if it fell behind for longer than the window (a stalled network). */
const STEP_MS = 500;

/**
 * When, on the monotonic clock, the encoder took in the frame of a decode time. An encoder sometimes puts out a frame
 * late, but never early. So the earliest frame of the last seconds shows the true distance between the two clocks, and
 * the others waited somewhere. We believe an earlier frame at once, and a later one slowly.
 */
export class DecodeClock {
  /** Candidates for the minimum, oldest first, distances rising. */
  #window: { at: Milliseconds; distance: Milliseconds }[] = [];
  #distance: Milliseconds | undefined;
  #since = Milliseconds.zero;

  /** A chunk of this decode time has just arrived. `restart`: its time line has nothing to do with the previous one. */
  observe(decodeTime: Ticks90k, arrival: Milliseconds, restart: boolean): Milliseconds {
    if (restart) {
      this.#window = [];
      this.#distance = undefined;
    }
    const mediaTime = ticksToMs(decodeTime);
    const earliest = this.#earliest(arrival, Milliseconds.sub(arrival, mediaTime));
    const distance = this.#distance ?? earliest;
    const rise = Milliseconds.sub(earliest, distance);
    this.#distance =
      rise <= 0 || rise > STEP_MS
        ? earliest
        : Milliseconds.add(distance, Milliseconds.min(rise, this.#allowed(arrival)));
    this.#since = arrival;
    return Milliseconds.add(mediaTime, this.#distance);
  }

  #allowed(arrival: Milliseconds): Milliseconds {
    const passed = Milliseconds.max(Milliseconds.zero, Milliseconds.sub(arrival, this.#since));
    return Milliseconds.scale(passed, RISE_PER_MS);
  }

  #earliest(at: Milliseconds, distance: Milliseconds): Milliseconds {
    while (this.#window.length > 0 && this.#window.at(-1)!.distance >= distance) this.#window.pop();
    this.#window.push({ at, distance });
    while (this.#window[0]!.at < at - WINDOW_MS) this.#window.shift();
    return this.#window[0]!.distance;
  }
}
