import type { Position } from '@topicast/contracts/position';
import type { JumpReason } from '@topicast/contracts/server-message';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Gap } from '@topicast/log';
import type { ChunkWindow } from './chunk-source.js';
import { Delivery } from './delivery.js';
import { announced, type Jump, joined } from './jump.js';
import type { LiveChunk } from './live-chunk.js';
import type { Run } from './run.js';
import { courseOf, STALE_AFTER } from './switch.js';

/** Where a viewer wants to continue: at the newest keyframe, or at the chunk after a position. */
export type Destination = 'live' | Position;

/** Chunks to write now, in one write, after the jump, if there is one. */
export interface Step {
  readonly run: Run;
  readonly jump: Jump | undefined;
  /** The first chunk, and everything after it, belongs to the rendition that was wanted. */
  readonly isOther: boolean;
}

type Place =
  /** Advances in place: a new object for each viewer and write would outlive the young generation. */
  | { readonly at: 'chunk'; next: number }
  | { readonly at: 'after'; readonly position: Position; readonly jump: JumpReason | undefined }
  /** At the newest keyframe, once there is one that is not before `notBefore`. `left` is where it was before. */
  | {
      readonly at: 'keyframe';
      readonly notBefore: number | 'undecided';
      readonly jump: JumpReason | undefined;
      readonly left: number | undefined;
    };

/** A viewer whose lag exceeds this gets nothing until it has answered, and then the newest keyframe. */
export const LAG_LIMIT = milliseconds(1_000);
/** Offsets by which another gateway may have been ahead of this one; some ten seconds. */
const MOST_AHEAD = 300;

/** A rendition that the viewer wants to change to, and since when. */
interface Wanted {
  readonly window: ChunkWindow;
  readonly since: Milliseconds;
}

/** A viewer's place in a ring, or in the history: it decides which chunks to write next, and does nothing else. */
export class Cursor {
  #window: ChunkWindow;
  #place: Place;
  #wanted: Wanted | undefined;
  #held = false;
  /** What waits since then waits because the viewer is slow; undefined until it has caught up after a resume. */
  #lateFrom: Milliseconds | undefined;
  /** A jump to a chunk that could not be written yet. */
  #untold: Jump | undefined;
  readonly #delivery = new Delivery();

  constructor(window: ChunkWindow, destination: Destination) {
    this.#window = window;
    this.#place = placeFor(destination, undefined);
  }

  /** Continue elsewhere, because the viewer asked; in another rendition, if one is given. */
  seek(destination: Destination, window: ChunkWindow = this.#window): void {
    this.#window = window;
    this.#place = placeFor(destination, 'seek');
    this.#untold = undefined;
    this.#delivery.forget();
    this.#held = false;
    this.#lateFrom = undefined;
  }

  /** Change to another rendition at the next keyframe that both have. The last request counts. */
  want(window: ChunkWindow, now: Milliseconds): void {
    this.#wanted = { window, since: now };
  }

  /** Stay with the present rendition after all. */
  stay(): void {
    this.#wanted = undefined;
  }

  /**
   * The viewer says that everything up to this chunk has arrived.
   * @returns what that means: an `answer` to a question, or even the `release` of a viewer that was held because of its
   * lag and may continue
   */
  acknowledge(position: Position): 'nothing' | 'answer' | 'release' {
    if (!this.#delivery.acknowledge(position)) return 'nothing';
    return this.#held ? 'release' : 'answer';
  }

  /** Whether there may be something to take: false only at the live edge of the rendition that is wanted. */
  get mayHaveMore(): boolean {
    return this.#wanted !== undefined || this.#place.at !== 'chunk' || this.#place.next !== this.#window.end;
  }

  /** How long the oldest open question has been under way. */
  unanswered(now: Milliseconds): Milliseconds | undefined {
    return this.#delivery.unanswered(now);
  }

  lag(now: Milliseconds): Milliseconds {
    return this.#delivery.lag(now);
  }

  /**
   * What to write now; the place advances by it. Call this only while no write is in flight.
   * @param isSlow whether the last write had to wait until the viewer made room
   */
  take(now: Milliseconds, isSlow = false): Step | undefined {
    const hasLag = this.lag(now) > LAG_LIMIT;
    if (hasLag || (isSlow && this.#waiting(now) > LAG_LIMIT)) this.#held = true;
    if (hasLag) return undefined;
    let jump = joined(this.#untold, this.#settle(now));
    let until = Number.POSITIVE_INFINITY;
    let isOther = false;
    let gap: Gap | undefined;
    if (this.#wanted) {
      const course = this.#courseTo(this.#wanted, now);
      if (course.kind === 'stay') {
        until = course.until;
      } else {
        isOther = true;
        if (course.kind === 'cross') gap = this.#cross(this.#wanted.window, course.enter);
        else jump = joined(jump, this.#leap(this.#wanted.window, now));
        this.#wanted = undefined;
      }
    }
    this.#untold = jump;
    const place = this.#place;
    if (place.at !== 'chunk' || place.next === this.#window.end || place.next === until) return undefined;

    this.#untold = undefined;
    const run = this.#window.run(place.next, until);
    // Chunks missing before the keyframe at which the viewer changes over were missing in the other rendition.
    if (!isOther) gap = run.first.gap;
    const { session } = this.#delivery;
    const isOtherSession = session !== undefined && session !== run.first.session;
    // A question from another session will never be answered now: its offsets may be above all that follow.
    if (isOtherSession) this.#delivery.forget();
    this.#delivery.record(run, now);
    place.next = run.to;
    if (place.next === this.#window.end) this.#lateFrom ??= now;
    return { run, jump: announced(jump, gap, isOtherSession), isOther };
  }

  /** How long the next chunk has waited for the viewer. */
  #waiting(now: Milliseconds): number {
    const { first, end } = this.#window;
    if (this.#lateFrom === undefined || this.#place.at !== 'chunk') return 0;
    const { next } = this.#place;
    return next < first || next === end ? 0 : now - Math.max(this.#lateFrom, this.#window.at(next).arrival);
  }

  #courseTo({ window, since }: Wanted, now: Milliseconds) {
    const { at } = this.#place;
    const next = at === 'chunk' ? this.#place.next : at === 'after' ? 'seeking' : 'joining';
    return courseOf({ from: this.#window, next, to: window, since, now });
  }

  /** The next chunk belongs to the other rendition. Returns what is missing before it. */
  #cross(window: ChunkWindow, enter: number): Gap | undefined {
    const left = this.#window.at((this.#place as Place & { at: 'chunk' }).next);
    this.#delivery.cross(window.at(enter).time - left.time);
    this.#window = window;
    this.#place = { at: 'chunk', next: enter };
    return left.gap;
  }

  /** Join the other rendition at its newest keyframe. */
  #leap(window: ChunkWindow, now: Milliseconds): Jump | undefined {
    const place = this.#place;
    const isOtherSession = this.#delivery.session !== window.newest?.session;
    const jump = place.at === 'keyframe' ? place.jump : isOtherSession ? 'session' : 'seek';
    this.#window = window;
    return this.#join({ at: 'keyframe', notBefore: window.first, jump, left: undefined }, now);
  }

  /** Move to a chunk, if that is possible now. */
  #settle(now: Milliseconds): Jump | undefined {
    switch (this.#place.at) {
      case 'chunk':
        return this.#leaveChunk(this.#place.next, now);
      case 'after':
        return this.#resume(this.#place.position, this.#place.jump, now);
      case 'keyframe':
        return this.#join(this.#place, now);
    }
  }

  #leaveChunk(next: number, now: Milliseconds): Jump | undefined {
    const overtaken = next < this.#window.first;
    const wasHeld = this.#held;
    this.#held = false;
    const { newestKeyframe } = this.#window;
    const keyframeAhead = newestKeyframe !== undefined && newestKeyframe > next;
    if (!overtaken && !(wasHeld && keyframeAhead)) return undefined;
    return this.#join({ at: 'keyframe', notBefore: this.#window.first, jump: 'lag', left: next }, now);
  }

  #resume(position: Position, jump: JumpReason | undefined, now: Milliseconds): Jump | undefined {
    if (!this.#window.caughtUp) return undefined;
    const found = this.#window.find(position);
    if (found !== undefined) {
      this.#place = { at: 'chunk', next: found + 1 };
      return jump && { reason: jump, skipped: 0 };
    }
    const { newest } = this.#window;
    if (newest && isSoonReached(position, newest)) return undefined;
    const reason = jump ?? (newest && newest.session !== position.session ? 'session' : 'lost');
    return this.#join({ at: 'keyframe', notBefore: 'undecided', jump: reason, left: undefined }, now);
  }

  #join(place: Place & { at: 'keyframe' }, now: Milliseconds): Jump | undefined {
    this.#place = place;
    if (!this.#window.caughtUp) return undefined;
    const notBefore = place.notBefore === 'undecided' ? this.#oldestWorthJoining(now) : place.notBefore;
    const keyframe = this.#window.newestKeyframe;
    if (keyframe === undefined || keyframe < notBefore) {
      this.#place = { ...place, notBefore };
      return undefined;
    }
    this.#place = { at: 'chunk', next: keyframe };
    this.#lateFrom = now;
    this.#delivery.forget();
    return (
      place.jump && { reason: place.jump, skipped: place.left === undefined ? 0 : keyframe - place.left }
    );
  }

  #oldestWorthJoining(now: Milliseconds): number {
    const { newest, first, end } = this.#window;
    return newest && now - newest.arrival <= STALE_AFTER ? first : end;
  }
}

const placeFor = (destination: Destination, jump: JumpReason | undefined): Place =>
  destination === 'live'
    ? { at: 'keyframe', notBefore: 'undecided', jump, left: undefined }
    : { at: 'after', position: destination, jump };

/** Another gateway was a little faster; what it has sent will be read here too. */
const isSoonReached = (position: Position, newest: LiveChunk): boolean =>
  position.rendition === newest.rendition &&
  position.session === newest.session &&
  position.offset > newest.offset &&
  position.offset - newest.offset <= MOST_AHEAD;
