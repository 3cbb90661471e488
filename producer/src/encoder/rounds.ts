import { TICKS_PER_SECOND } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';

/** Two frames of sound: what a chunk without a picture holds. */
const SOUND_TICKS = (2 * 1_024 * TICKS_PER_SECOND) / 48_000;

/** Where a recording ends, so that it can begin anew right there. */
export class Rounds {
  #begin: number | undefined;
  #picture: number | undefined;
  #end = 0;
  #isEmpty = true;

  note({ decodeTime, audioOnly }: Pick<Chunk, 'decodeTime' | 'audioOnly'>): void {
    this.#isEmpty = false;
    this.#begin ??= decodeTime;
    const step = audioOnly ? SOUND_TICKS : decodeTime - (this.#picture ?? decodeTime);
    if (!audioOnly) this.#picture = decodeTime;
    this.#end = Math.max(this.#end, decodeTime + Math.max(0, step));
  }

  /**
   * The round is over.
   * @param sound from the first round's beginning on, as far as it is known
   * @returns how many seconds later than the first one the next one begins; undefined if nothing came in this one
   */
  next(sound: { readonly from: number; readonly to: number } | undefined): number | undefined {
    if (this.#isEmpty || this.#begin === undefined) return undefined;
    this.#isEmpty = true;
    this.#picture = undefined;
    const heard = sound ? sound.to - sound.from : 0;
    return Math.max(this.#end - this.#begin, heard) / TICKS_PER_SECOND;
  }
}
