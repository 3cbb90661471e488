import { Milliseconds, milliseconds } from '@topicast/contracts/units';

const SPAN = milliseconds(5_000);

/** How much is sent, over the last seconds. */
export class Bitrate {
  /** The oldest first. */
  #notes: { readonly at: Milliseconds; readonly bytes: number }[] = [];

  /** A connection begins. */
  begin(now: Milliseconds): void {
    this.#notes = [{ at: now, bytes: 0 }];
  }

  /** @param bytes since the connection began */
  note(now: Milliseconds, bytes: number): void {
    this.#notes.push({ at: now, bytes });
    while (this.#notes.length > 2 && Milliseconds.sub(now, this.#notes[1]!.at) >= SPAN) this.#notes.shift();
  }

  get bitsPerSecond(): number {
    const [first, last] = [this.#notes[0], this.#notes.at(-1)];
    if (!first || !last || last.at <= first.at) return 0;
    return Math.round(((last.bytes - first.bytes) * 8_000) / (last.at - first.at));
  }
}
