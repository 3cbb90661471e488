import type { Position } from '@topicast/contracts/position';
import { Milliseconds } from '@topicast/contracts/units';
import type { ChunkSource } from '../stream/chunk-source.js';
import { Cursor, type Destination } from '../stream/cursor.js';
import type { Pace, Subscriber, Unavailable } from '../stream/subscriber.js';
import type { Outlet } from './outlet.js';
import { type OpenRendition, RenditionWish } from './rendition-wish.js';

export interface PlayoutOptions {
  readonly pace: Pace;
  readonly source: ChunkSource;
  readonly openRendition: OpenRendition;
  readonly destination: Destination;
}

/**
 * The chunks of one viewer: from which source they come, and which are written next. It has no timer of its own: the
 * source pumps it with each batch.
 */
export class Playout implements Subscriber {
  readonly pace: Pace;
  readonly #outlet: Outlet;
  readonly #onUnavailable: (why: Unavailable) => void;
  #source: ChunkSource;
  readonly #cursor: Cursor;
  readonly #wish: RenditionWish;
  /** The viewer goes elsewhere, and resumes there with a position of this rendition. */
  #isFixed = false;
  /** The last round did not get to its end: there is more to be written than what is in flight. */
  #isCut = false;

  constructor(
    { pace, source, openRendition, destination }: PlayoutOptions,
    outlet: Outlet,
    onUnavailable: (why: Unavailable) => void,
  ) {
    this.pace = pace;
    this.#outlet = outlet;
    this.#onUnavailable = onUnavailable;
    this.#source = source;
    this.#cursor = new Cursor(source.window, destination);
    this.#wish = new RenditionWish(openRendition, {
      pace,
      pump: (now) => this.pump(now),
      unavailable: () => this.#keepRendition(),
    });
  }

  start(): void {
    this.#source.subscribe(this);
    this.pump(Milliseconds.now());
  }

  stop(): void {
    this.#source.unsubscribe(this);
    this.#wish.drop();
  }

  lag(now: Milliseconds): Milliseconds {
    return this.#cursor.lag(now);
  }

  /** Write what waits: control messages, then chunks. */
  pump(now: Milliseconds): void {
    this.#outlet.talk();
    while (this.#cursor.mayHaveMore && this.#outlet.canWrite) {
      const step = this.#cursor.take(now);
      if (!step) break;
      if (step.isOther) this.#comeOver();
      this.#outlet.writeChunks(this.#source, step, now);
    }
    this.#isCut = this.#outlet.isBusy && this.#cursor.mayHaveMore;
  }

  /** Nothing is in flight any more. */
  onDone(now: Milliseconds): void {
    // What has come meanwhile waits for the next round where viewers get some chunks at a time.
    const hasMore = this.pace === 'prompt' ? this.#cursor.mayHaveMore : this.#isCut;
    if (hasMore) this.pump(now);
    else this.#outlet.talk();
  }

  /** Where both renditions stand still, only time tells that the wait for a keyframe is over. */
  tick(now: Milliseconds): void {
    if (this.#wish.rendition !== undefined) this.pump(now);
  }

  unavailable(why: Unavailable): void {
    this.#onUnavailable(why);
  }

  /** @returns whether that shows that the viewer reads */
  acknowledge(position: Position, now: Milliseconds): boolean {
    const meaning = this.#cursor.acknowledge(position);
    if (meaning === 'release') this.pump(now);
    return meaning !== 'nothing';
  }

  seek(destination: Destination, now: Milliseconds): void {
    if (destination !== 'live' && destination.rendition !== this.#source.rendition) {
      this.#seekElsewhere(destination);
      return;
    }
    this.#cursor.seek(destination);
    this.pump(now);
  }

  /** Go on with another rendition, once its source is open and a keyframe is there at which that can be done. */
  changeRendition(to: number): void {
    if (to === this.#wish.rendition) return;
    if (to === this.#source.rendition || this.#isFixed) {
      this.#keepRendition();
      return;
    }
    this.#cursor.stay();
    void this.#wish.ask(to, (source) => {
      if (!source) {
        this.#keepRendition();
        return;
      }
      const now = Milliseconds.now();
      this.#cursor.want(source.window, now);
      this.pump(now);
    });
  }

  /** Change the rendition no more. */
  fixRendition(): void {
    this.#isFixed = true;
    if (this.#wish.rendition !== undefined) this.#keepRendition();
  }

  /** Nothing changes, and the viewer hears of it. */
  #keepRendition(): void {
    this.#wish.drop();
    this.#cursor.stay();
    this.#outlet.control.answerRendition(this.#source.rendition);
    this.#outlet.talk();
  }

  #seekElsewhere(position: Position): void {
    this.#cursor.stay();
    void this.#wish.ask(position.rendition, (source) => {
      this.#cursor.seek(source ? position : 'live', source?.window);
      this.#comeOver();
      this.pump(Milliseconds.now());
    });
  }

  /** The cursor has gone over to the rendition that was wanted: the old one is not needed any more. */
  #comeOver(): void {
    const source = this.#wish.take();
    if (!source) return;
    this.#source.unsubscribe(this);
    source.subscribe(this);
    this.#source = source;
    this.#outlet.tellRendition();
  }
}
