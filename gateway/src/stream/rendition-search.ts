import type { StreamId } from '@topicast/contracts/stream-id';
import type { ChunkReader } from '@topicast/log';
import { findRendition } from './find-rendition.js';

type Found = Awaited<ReturnType<typeof findRendition>>;

interface Search {
  readonly answer: Promise<Found>;
  /** On the monotonic clock, once the answer is there. */
  endsAt: number;
}

/** After a search without success, we look for a rendition again this much later. A new catalog shows it at once. */
const KEPT_MS = 3_000;
const MOST_SEARCHES = 4_096;

/**
 * Asks the log whether a rendition exists, and remembers for a moment that it does not. A viewer may ask for another
 * rendition with each message, and must not cost the log a request each time.
 */
export class RenditionSearch {
  readonly #log: Pick<ChunkReader, 'bounds'>;
  /** The oldest first. */
  readonly #searches = new Map<string, Search>();

  constructor(log: Pick<ChunkReader, 'bounds'>) {
    this.#log = log;
  }

  find(stream: StreamId, rendition: number): Promise<Found> {
    const key = `${stream}/${rendition}`;
    const before = this.#searches.get(key);
    if (before && performance.now() < before.endsAt) return before.answer;
    const answer = findRendition({ log: this.#log, stream, rendition });
    const search: Search = { answer, endsAt: Number.POSITIVE_INFINITY };
    this.#searches.delete(key);
    this.#searches.set(key, search);
    this.#dropOldest();
    void answer.then((found) => {
      search.endsAt = performance.now() + KEPT_MS;
      if (found === 'there' && this.#searches.get(key) === search) this.#searches.delete(key);
    });
    return answer;
  }

  #dropOldest(): void {
    if (this.#searches.size <= MOST_SEARCHES) return;
    for (const key of this.#searches.keys()) {
      this.#searches.delete(key);
      return;
    }
  }
}
