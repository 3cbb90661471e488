import type { Position } from '@topicast/contracts/position';
import type { PathDelays } from '@topicast/contracts/server-message';
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
 * Decides which source one viewer's chunks come from, and which chunks to write next. It has no timer: the source calls
 * it with each batch.
 */
export class Playout implements Subscriber {
  readonly pace: Pace;
  readonly #outlet: Outlet;
  readonly #onUnavailable: (why: Unavailable) => void;
  #source: ChunkSource;
  readonly #cursor: Cursor;
  readonly #wish: RenditionWish;
  /** The viewer is moving to another gateway, and will resume there with a position of this rendition. */
  #isFixed = false;
  /** The last round stopped early, so there is more to write than what is in flight. */
  #isCut = false;
  #roundTrip: Milliseconds | undefined;

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

  /** Of the rendition that is sent. */
  get delays(): PathDelays | undefined {
    return this.#source.delays;
  }

  get rendition(): number {
    return this.#source.rendition;
  }

  /** From the write of a chunk that asked for its acknowledgement until that came, the last time. */
  get roundTrip(): Milliseconds | undefined {
    return this.#roundTrip;
  }

  lag(now: Milliseconds): Milliseconds {
    return this.#cursor.lag(now);
  }

  /** Write what is waiting: control messages first, then chunks. `isSlow` if the viewer had to make room for it. */
  pump(now: Milliseconds, isSlow = false): void {
    this.#outlet.talk();
    while (this.#cursor.mayHaveMore && this.#outlet.canWrite) {
      const step = this.#cursor.take(now, isSlow);
      if (!step) break;
      if (step.isOther) this.#comeOver();
      this.#outlet.writeChunks(this.#source, step, now);
    }
    this.#isCut = this.#outlet.isBusy && this.#cursor.mayHaveMore;
  }

  /** The last write has finished; `wasFull` if the viewer had to make room for it. */
  onDone(now: Milliseconds, wasFull: boolean): void {
    // In economy mode, chunks that have arrived in the meantime wait for the next round.
    const hasMore = this.pace === 'prompt' ? this.#cursor.mayHaveMore : this.#isCut;
    if (hasMore) this.pump(now, wasFull);
    else this.#outlet.talk();
  }

  /** If both renditions stand still, no batch comes, so time has to end the wait for a keyframe. */
  tick(now: Milliseconds): void {
    if (this.#wish.rendition !== undefined) this.pump(now);
  }

  unavailable(why: Unavailable): void {
    this.#onUnavailable(why);
  }

  /** @returns whether the acknowledgement proves that the viewer reads */
  acknowledge(position: Position, now: Milliseconds): boolean {
    const waited = this.#cursor.unanswered(now);
    const meaning = this.#cursor.acknowledge(position);
    if (meaning !== 'nothing') this.#roundTrip = waited;
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

  /** Change to another rendition, as soon as its source is open and has a keyframe where the change is possible. */
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

  /** Whether the viewer wants the picture. */
  wantPicture(wanted: boolean): void {
    this.#outlet.picture.wanted = wanted;
  }

  /** From now on, do not change the rendition. */
  fixRendition(): void {
    this.#isFixed = true;
    if (this.#wish.rendition !== undefined) this.#keepRendition();
  }

  /** Stay in this rendition, and tell the viewer. */
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

  /** The cursor has changed to the wanted rendition, so we leave the old one. */
  #comeOver(): void {
    const source = this.#wish.take();
    if (!source) return;
    this.#source.unsubscribe(this);
    source.subscribe(this);
    this.#source = source;
    this.#outlet.tellRendition();
  }
}
