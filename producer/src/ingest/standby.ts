import type { Chunk } from '@topicast/media/mpegts';

/** A GOP of 8 s at 16 Mbit/s. A longer one is given up, and the next keyframe awaited. */
const MOST_BYTES = 16_000_000;

/** The last GOP of an encoder that is not on air, so that viewers can begin with it at once. */
export class Standby {
  readonly #canBegin: (chunk: Chunk) => boolean;
  #gop: Chunk[] = [];
  #bytes = 0;
  #skipped = 0;

  /** @param canBegin whether viewers can begin with this keyframe */
  constructor(canBegin: (chunk: Chunk) => boolean) {
    this.#canBegin = canBegin;
  }

  get isReady(): boolean {
    return this.#gop.length > 0;
  }

  push(chunk: Chunk): void {
    if (chunk.keyframe && this.#canBegin(chunk)) this.#clear();
    else if (!this.isReady) {
      this.#skipped++;
      return;
    }
    this.#gop.push(chunk);
    this.#bytes += chunk.data.byteLength;
    if (this.#bytes > MOST_BYTES) this.#clear();
  }

  /** It goes on air. `skipped`: chunks that came before there was a keyframe. */
  take(): { readonly gop: readonly Chunk[]; readonly skipped: number } {
    const taken = { gop: this.#gop, skipped: this.#skipped };
    this.#clear();
    this.#skipped = 0;
    return taken;
  }

  #clear(): void {
    this.#gop = [];
    this.#bytes = 0;
  }
}
