import type { Milliseconds } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';

const MOST_BYTES = 64_000_000;

export interface Arrived {
  readonly rendition: number;
  readonly chunk: Chunk;
  readonly at: Milliseconds;
}

/**
 * Chunks of all renditions of a stream that cannot be numbered yet. As in the queue to the log, the oldest ones make
 * room, up to the next keyframe of the best rendition; the other ones follow it.
 */
export class WaitingChunks {
  readonly #mostBytes: number;
  #arrived: Arrived[] = [];
  #bytes = 0;
  /** Something was dropped: nothing is of use before the next keyframe. */
  #isBroken = false;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  get all(): readonly Arrived[] {
    return this.#arrived;
  }

  /** @returns what was dropped, which may be this one */
  push(arrived: Arrived): Arrived[] {
    if (this.#isBroken && !isStart(arrived)) return [arrived];
    this.#arrived.push(this.#isBroken ? marked(arrived) : arrived);
    this.#isBroken = false;
    this.#bytes += arrived.chunk.data.byteLength;
    const dropped: Arrived[] = [];
    while (this.#bytes > this.#mostBytes) dropped.push(...this.#dropOldest());
    return dropped;
  }

  #dropOldest(): Arrived[] {
    const next = this.#arrived.findIndex((each, index) => index > 0 && isStart(each));
    this.#isBroken = next < 0;
    const dropped = this.#arrived.splice(0, next < 0 ? this.#arrived.length : next);
    for (const { chunk } of dropped) this.#bytes -= chunk.data.byteLength;
    const [first] = this.#arrived;
    if (first) this.#arrived[0] = marked(first);
    return dropped;
  }
}

const isStart = ({ rendition, chunk }: Arrived): boolean => rendition === 0 && chunk.keyframe;

const marked = (arrived: Arrived): Arrived => ({
  ...arrived,
  chunk: { ...arrived.chunk, discontinuity: true },
});
