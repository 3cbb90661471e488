import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { Milliseconds } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';
import { DecodeClock } from './decode-clock.js';
import type { SteadyClock } from './steady-clock.js';

/**
 * Makes the headers of the best rendition's chunks; the other renditions use the same headers. It counts before
 * anything can be lost, so a number means the same picture in each rendition.
 */
export class Numbering {
  readonly #clock: SteadyClock;
  #session = 0;
  #sequence = 0;
  #gop = 0;
  #decodeClock = new DecodeClock();

  constructor(clock: SteadyClock) {
    this.#clock = clock;
  }

  /** From now on, chunks come from another encoder. The GOP number keeps growing, and is above `gop` too. */
  beginSession(session: number, gop: number): void {
    this.#session = session;
    this.#sequence = 0;
    this.#gop = Math.max(this.#gop, gop);
    this.#decodeClock = new DecodeClock();
  }

  /** @param arrival when the chunk arrived, by the monotonic clock */
  header(chunk: Chunk, arrival: Milliseconds): ChunkHeader {
    const { keyframe, audioOnly, sinceKeyframe, decodeTime, presentationOffset } = chunk;
    const discontinuity = chunk.discontinuity || this.#sequence === 0;
    if (keyframe) this.#gop++;
    const takenIn = this.#decodeClock.observe(decodeTime, arrival, discontinuity);
    return {
      ...{ keyframe, discontinuity, audioOnly, sinceKeyframe, decodeTime, presentationOffset },
      sequence: this.#sequence++,
      session: this.#session,
      wallClock: this.#clock.at(takenIn),
      gop: this.#gop,
    };
  }
}
