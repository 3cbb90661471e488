import { Milliseconds } from '@topicast/contracts/units';
import type { Found, PublisherEnd, Seat } from '@topicast/ingest';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import { isSteady, type Place } from './places.js';
import { Standby } from './standby.js';

/** What became of an encoder. */
type Presence = 'here' | PublisherEnd['why'];

interface EncoderOptions {
  readonly place: Place;
  /** Of the key that it has shown. */
  readonly keyHash: string | undefined;
  /** See `Seat`. */
  readonly patience: Milliseconds | undefined;
  /** Whether viewers can begin with this keyframe. */
  readonly canBegin: (chunk: Chunk) => boolean;
  readonly onChunk: (chunk: Chunk) => void;
  /** After its last chunk. */
  readonly onLeft: (end: PublisherEnd) => void;
}

/** One encoder that was let in: its bytes become chunks. */
export class Encoder {
  /** For the listener. */
  readonly seat: Seat;
  readonly place: Place;
  readonly keyHash: string | undefined;
  readonly came = Milliseconds.now();
  /** While it is not on air. */
  readonly standby: Standby;
  readonly #dismissal = new AbortController();
  readonly #chunker: Chunker;
  #lastChunk = this.came;
  #steadySince = this.came;
  #found: Found = { notes: [], damaged: 0 };
  #presence: Presence = 'here';

  constructor({ place, keyHash, patience, canBegin, onChunk, onLeft }: EncoderOptions) {
    this.place = place;
    this.keyHash = keyHash;
    this.standby = new Standby(canBegin);
    this.#chunker = new Chunker((chunk) => {
      const now = Milliseconds.now();
      if (!isSteady(Milliseconds.sub(now, this.#lastChunk))) this.#steadySince = now;
      this.#lastChunk = now;
      onChunk(chunk);
    });
    this.seat = {
      dismissed: this.#dismissal.signal,
      ...(patience !== undefined && { patience }),
      take: (bytes) => {
        if (this.#presence === 'here') this.#chunker.push(bytes);
      },
      note: (found) => {
        this.#found = found;
      },
      leave: (end) => {
        if (this.#presence !== 'here') return;
        this.#chunker.end();
        this.#presence = end.why;
        onLeft(end);
      },
    };
  }

  get presence(): Presence {
    return this.#presence;
  }

  get found(): Found {
    return this.#found;
  }

  get tracks(): Chunker['tracks'] {
    return this.#chunker.tracks;
  }

  get stats(): Chunker['stats'] {
    return this.#chunker.stats;
  }

  /** When its last chunk came; before the first one, when it came itself. */
  get lastChunk(): Milliseconds {
    return this.#lastChunk;
  }

  /** Since when it has sent without a pause. */
  get steadySince(): Milliseconds {
    return this.#steadySince;
  }

  /** Nothing of it counts any more, and it is told why. */
  dismiss(words: string): void {
    if (this.#presence !== 'here') return;
    this.#presence = 'gone';
    this.#dismissal.abort(new Error(words));
  }
}
