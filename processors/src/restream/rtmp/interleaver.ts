import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { MediaMessage } from './media-message.js';

/** A track that is further behind is not waited for: it has paused, or ended. */
const PATIENCE = milliseconds(1_000);
const NEVER = Number.POSITIVE_INFINITY;

type Track = 'video' | 'audio';

/**
 * Puts pictures and sound into one order by their times, which many servers count on. The sound in a chunk came with its
 * picture, and may belong before it.
 */
export class Interleaver {
  readonly #waiting: Record<Track, MediaMessage[]> = { video: [], audio: [] };
  #newest = Number.NEGATIVE_INFINITY;

  /** How much waits here. */
  get span(): Milliseconds {
    const first = Math.min(this.#first('video'), this.#first('audio'));
    return milliseconds(first === NEVER ? 0 : this.#newest - first);
  }

  /**
   * @param isAlone there is no other track
   * @returns the messages whose turn it is
   */
  push(message: MediaMessage, isAlone: boolean): MediaMessage[] {
    this.#waiting[message.track].push(message);
    this.#newest = Math.max(this.#newest, message.time);
    return this.#takeOlderThan(isAlone ? 0 : PATIENCE);
  }

  /** @returns the rest: nothing more will come of the session */
  flush(): MediaMessage[] {
    return this.#takeOlderThan(0);
  }

  #takeOlderThan(patience: number): MediaMessage[] {
    const taken: MediaMessage[] = [];
    for (;;) {
      const [video, audio] = [this.#first('video'), this.#first('audio')];
      const first = Math.min(video, audio);
      const isCertain = video !== NEVER && audio !== NEVER;
      if (first === NEVER || (!isCertain && this.#newest - first < patience)) return taken;
      taken.push(this.#waiting[video <= audio ? 'video' : 'audio'].shift()!);
    }
  }

  #first(track: Track): number {
    return this.#waiting[track][0]?.time ?? NEVER;
  }
}
