import type { Ffmpeg } from '../ffmpeg/find.js';
import type { ProcessGuard } from '../ffmpeg/guard.js';
import { makeReel, type Reel, type ReelModel } from './reel.js';

/** Makes the reels of all streams of a producer. */
export interface ReelMaker {
  /** Others are made first. */
  readonly isBusy: boolean;
  /** Rejects as `makeReel` does, or when it closes. */
  make(model: ReelModel): Promise<Reel>;
}

/** One reel at a time, so that a hundred streams that begin together do not take the machine from what is live. */
export class Workshop implements ReelMaker {
  readonly #ffmpeg: Ffmpeg;
  readonly #guard: ProcessGuard;
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #open = 0;

  constructor(ffmpeg: Ffmpeg, guard: ProcessGuard) {
    this.#ffmpeg = ffmpeg;
    this.#guard = guard;
  }

  get isBusy(): boolean {
    return this.#open > 0;
  }

  async make(model: ReelModel): Promise<Reel> {
    this.#open++;
    const { signal } = this.#closing;
    const tool = { ffmpeg: this.#ffmpeg, guard: this.#guard, signal };
    const made = this.#last.then(() => {
      signal.throwIfAborted();
      return makeReel(model, tool);
    });
    this.#last = made.catch(() => undefined);
    try {
      return await made;
    } finally {
      this.#open--;
    }
  }

  /** Ends what is being made; resolves when nothing runs. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#last;
  }
}
