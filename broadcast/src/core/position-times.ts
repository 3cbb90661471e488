import { Milliseconds } from '@topicast/contracts/units';

/** An encoder holds back a frame or two; this is some seconds. */
const MOST_KEPT = 500;

/**
 * When the sound was taken that an encoder gives out. Some encoders keep the time stamps of what they are given, others
 * count samples from the first one. So they are given positions, which are counted samples, and this knows their times.
 */
export class PositionTimes {
  readonly #entries: { readonly position: Milliseconds; readonly time: Milliseconds }[] = [];

  /** What follows from this position on was taken at this time, and after it. Positions grow. */
  put(position: Milliseconds, time: Milliseconds): void {
    this.#entries.push({ position, time });
    if (this.#entries.length > MOST_KEPT) this.#entries.shift();
  }

  /** Of positions that grow; undefined if nothing is known. */
  at(position: Milliseconds): Milliseconds | undefined {
    while (this.#entries[1] && this.#entries[1].position <= position) this.#entries.shift();
    const [entry] = this.#entries;
    return entry && Milliseconds.add(entry.time, Milliseconds.sub(position, entry.position));
  }
}
