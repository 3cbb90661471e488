import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { Milliseconds } from '@topicast/contracts/units';
import { pictureTime } from '../core/continuity.js';
import { isNews, type Place, positionOf } from '../core/order.js';
import { worthResuming } from '../core/reconnect.js';

type Reached = Place & { readonly at: Milliseconds };

/** How far the stream has been taken, whichever connections brought it. */
export class Progress {
  #last: Reached | undefined;

  /** Where to resume; undefined if there is nothing, or nothing recent, to continue. */
  get place(): Place | undefined {
    const { silence } = this;
    return silence !== undefined && worthResuming(silence) ? this.#last : undefined;
  }

  /** Since the newest chunk; undefined before the first. */
  get silence(): Milliseconds | undefined {
    return this.#last && Milliseconds.sub(Milliseconds.now(), this.#last.at);
  }

  /** Whether a chunk of another connection continues what was taken. */
  isContinuedBy(chunk: ChunkMessage): boolean {
    return this.#last === undefined || isNews(chunk, this.#last);
  }

  /** @returns whether the chunk is of another rendition than the one before */
  take(chunk: ChunkMessage): boolean {
    const before = this.#last;
    const decodeTime = pictureTime(chunk, before);
    this.#last = { position: positionOf(chunk), decodeTime, at: Milliseconds.now() };
    return before !== undefined && chunk.rendition !== before.position.rendition;
  }

  /** The newest chunk, however old. */
  get last(): Reached | undefined {
    return this.#last;
  }

  /** Others have brought the stream to there. */
  reach(last: Reached): void {
    this.#last = last;
  }

  /** Continue nothing: the next chunk is the first. */
  forget(): void {
    this.#last = undefined;
  }
}
