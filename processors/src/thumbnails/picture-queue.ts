type TakePicture = (keyframe: Uint8Array, signal: AbortSignal) => Promise<Buffer | undefined>;

/** Each holds a keyframe of some 100 KB. */
const MOST_WAITING = 32;

/** One picture at a time: what is on air needs the processor more. */
export class PictureQueue {
  readonly #take: TakePicture;
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(take: TakePicture) {
    this.#take = take;
  }

  /** Whether another one may wait. */
  get hasRoom(): boolean {
    return this.#waiting < MOST_WAITING && !this.#closing.signal.aborted;
  }

  /** Undefined if there is no picture in it. Never rejects. */
  take(keyframe: Uint8Array): Promise<Buffer | undefined> {
    this.#waiting += 1;
    const { signal } = this.#closing;
    // One that fails must not stop those behind it.
    const taken = this.#last
      .then(() => (signal.aborted ? undefined : this.#take(keyframe, signal)))
      .catch(() => undefined);
    const done = taken.finally(() => {
      this.#waiting -= 1;
    });
    this.#last = done;
    return done;
  }

  /** Ends the picture that is being taken. Those who wait get none. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#last;
  }
}
