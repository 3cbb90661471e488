import { type Seconds, seconds } from '@topicast/contracts/units';

type Kind = 'video' | 'audio';

/** A piece of one track on the media timeline. */
interface Piece {
  readonly track: Kind;
  readonly start: Seconds;
  readonly end: Seconds;
}

/** Tracks are interleaved by less than this. */
const LOST_AFTER_S = 1.5;
/** A slow picture (one every few seconds) is not lost between two of its frames, nor after the first one. */
const LOST_AFTER_STEPS = 2.5;
const UNKNOWN_STEP_S: Readonly<Record<Kind, number>> = { video: 4, audio: 0 };
/** A track that comes and goes would make the player begin again each time. */
const FOUND_AFTER_S = 1;

/**
 * Notices that a track has ended or paused while the other one goes on, and that it is back. Media Source Extensions play
 * only what all tracks have (W3C MSE 3.4), so a picture would stand for ever because its sound has ended.
 */
export class TrackPresence {
  readonly #opened: ReadonlySet<Kind>;
  readonly #ends = new Map<Kind, Seconds>();
  readonly #steps = new Map<Kind, number>();
  #foundSince: Seconds | undefined;

  /** @param opened the tracks of the media source */
  constructor(opened: readonly Kind[]) {
    this.#opened = new Set(opened);
  }

  /** @returns which tracks to play without from now on; undefined: as before */
  follow(pieces: readonly Piece[]): readonly Kind[] | undefined {
    for (const piece of pieces) this.#note(piece);
    if (this.#foundSince !== undefined) {
      const found = [...this.#ends.keys()].find((kind) => !this.#opened.has(kind));
      if (found && this.#end(found) - this.#foundSince >= FOUND_AFTER_S) return [];
    }
    const lost = [...this.#opened].filter((kind) => this.#isLost(kind));
    return lost.length > 0 ? lost : undefined;
  }

  #note({ track, start, end }: Piece): void {
    const last = this.#ends.get(track);
    // All tracks are expected from the first piece on.
    if (this.#ends.size === 0) for (const kind of this.#opened) this.#ends.set(kind, start);
    if (!this.#opened.has(track) && (last === undefined || start - last > LOST_AFTER_S))
      this.#foundSince = start;
    if (last !== undefined && end > last) this.#steps.set(track, end - last);
    this.#ends.set(track, end);
  }

  #isLost(kind: Kind): boolean {
    const newest = Math.max(...[...this.#opened].map((each) => this.#end(each)));
    const patience = Math.max(
      LOST_AFTER_S,
      (this.#steps.get(kind) ?? UNKNOWN_STEP_S[kind]) * LOST_AFTER_STEPS,
    );
    return newest - this.#end(kind) > patience;
  }

  #end(kind: Kind): Seconds {
    return this.#ends.get(kind) ?? seconds(Number.NEGATIVE_INFINITY);
  }
}
