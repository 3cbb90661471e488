import { comparePositions, type Position } from '@topicast/contracts/position';
import type { JumpReason } from '@topicast/contracts/server-message';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { LiveChunk } from './live-chunk.js';

/** What a cursor needs of a ring. */
export interface ChunkSource {
  readonly caughtUp: boolean;
  readonly first: number;
  readonly end: number;
  readonly newestKeyframe: number | undefined;
  readonly newest: LiveChunk | undefined;
  at(index: number): LiveChunk;
  find(position: Position): number | undefined;
}

/** Where a viewer wants to go on: at the newest keyframe, or at the chunk after a position. */
export type Destination = 'live' | Position;

export interface Jump {
  readonly reason: JumpReason;
  /** Chunks left out, 0 if unknown. */
  readonly skipped: number;
}

/** Chunks to write now, in one write: `from` up to, not including, `to`; after a jump where there is one. */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly jump: Jump | undefined;
}

type Place =
  | { readonly at: 'chunk'; readonly next: number }
  | { readonly at: 'after'; readonly position: Position; readonly jump: JumpReason | undefined }
  /** At the newest keyframe, once there is one that is not before `notBefore`. `left` is where it was before. */
  | {
      readonly at: 'keyframe';
      readonly notBefore: number | 'undecided';
      readonly jump: JumpReason | undefined;
      readonly left: number | undefined;
    };

/** The oldest chunk of which it is not known whether it arrived. */
interface Question {
  readonly offset: number;
  readonly part: number;
  readonly session: number;
  readonly time: Milliseconds;
  readonly since: Milliseconds;
}

/** A viewer whose lag passes this gets nothing more until it has answered, and then the newest keyframe. */
export const LAG_LIMIT = milliseconds(1_000);
/** A stream whose newest chunk is older stands still: what it left behind is no place to join. */
export const STALE_AFTER = milliseconds(4_000);
/** Offsets by which another gateway may have been ahead of this one; some ten seconds. */
const MOST_AHEAD = 300;
/** Chunks that are pending go in one write, up to this. */
export const WRITE_BYTES = 256 * 1024;

/**
 * A viewer's place in a ring: which chunks to write next. It decides, and does nothing else.
 *
 * Lag is the media time that was sent and is not acknowledged, but never more than the age of the oldest open question
 * ("have you got this chunk?"): a burst that has just been written is no lag, nor is a pause of the encoder.
 */
export class Cursor {
  #place: Place;
  #sent: LiveChunk | undefined;
  #question: Question | undefined;
  #held = false;

  constructor(
    private readonly ring: ChunkSource,
    destination: Destination,
  ) {
    this.#place = placeFor(destination, undefined);
  }

  /** Go on elsewhere, because the viewer asked. */
  seek(destination: Destination): void {
    this.#place = placeFor(destination, 'seek');
    this.#question = undefined;
    this.#held = false;
  }

  /**
   * Everything up to this chunk has arrived. A position past the last one sent says nothing.
   * @returns whether the viewer was held because of its lag, and may go on
   */
  acknowledge(position: Position): boolean {
    if (!this.#sent || comparePositions(position, this.#sent) > 0) return false;
    if (this.#question && comparePositions(position, this.#question) >= 0) this.#question = undefined;
    return this.#held && this.#question === undefined;
  }

  /** Whether there may be something to take: false only at the live edge. */
  get mayHaveMore(): boolean {
    return this.#place.at !== 'chunk' || this.#place.next !== this.ring.end;
  }

  lag(now: Milliseconds): Milliseconds {
    if (!this.#question || !this.#sent) return milliseconds(0);
    return milliseconds(Math.min(this.#sent.time - this.#question.time, now - this.#question.since));
  }

  /** What to write now; the place moves on by it. To be asked only while no write is in flight. */
  take(now: Milliseconds): Step | undefined {
    if (this.lag(now) > LAG_LIMIT) {
      this.#held = true;
      return undefined;
    }
    const jump = this.#settle(now);
    if (this.#place.at !== 'chunk' || this.#place.next === this.ring.end) return undefined;

    const from = this.#place.next;
    const { gap, session } = this.ring.at(from);
    const isOtherSession = this.#sent !== undefined && this.#sent.session !== session;
    // What was asked in another session is never answered now: its offsets may be above all that come.
    if (isOtherSession) this.#question = undefined;
    const to = this.#write(from, now);
    this.#place = { at: 'chunk', next: to };
    return { from, to, jump: announced(jump, gap, isOtherSession) };
  }

  /** Come to stand at a chunk, if that is possible now. */
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
    const overtaken = next < this.ring.first;
    const wasHeld = this.#held;
    this.#held = false;
    const { newestKeyframe } = this.ring;
    const keyframeAhead = newestKeyframe !== undefined && newestKeyframe > next;
    if (!overtaken && !(wasHeld && keyframeAhead)) return undefined;
    return this.#join({ at: 'keyframe', notBefore: this.ring.first, jump: 'lag', left: next }, now);
  }

  #resume(position: Position, jump: JumpReason | undefined, now: Milliseconds): Jump | undefined {
    if (!this.ring.caughtUp) return undefined;
    const found = this.ring.find(position);
    if (found !== undefined) {
      this.#place = { at: 'chunk', next: found + 1 };
      return jump && { reason: jump, skipped: 0 };
    }
    const { newest } = this.ring;
    if (newest && isSoonReached(position, newest)) return undefined;
    const reason = jump ?? (newest && newest.session !== position.session ? 'session' : 'lost');
    return this.#join({ at: 'keyframe', notBefore: 'undecided', jump: reason, left: undefined }, now);
  }

  #join(place: Place & { at: 'keyframe' }, now: Milliseconds): Jump | undefined {
    this.#place = place;
    if (!this.ring.caughtUp) return undefined;
    const notBefore = place.notBefore === 'undecided' ? this.#oldestWorthJoining(now) : place.notBefore;
    const keyframe = this.ring.newestKeyframe;
    if (keyframe === undefined || keyframe < notBefore) {
      this.#place = { ...place, notBefore };
      return undefined;
    }
    this.#place = { at: 'chunk', next: keyframe };
    this.#question = undefined;
    return (
      place.jump && { reason: place.jump, skipped: place.left === undefined ? 0 : keyframe - place.left }
    );
  }

  #oldestWorthJoining(now: Milliseconds): number {
    const { newest, first, end } = this.ring;
    return newest && now - newest.arrival <= STALE_AFTER ? first : end;
  }

  /** Take chunks from `from` on, up to a gap (it has to be announced first) and up to `WRITE_BYTES`. */
  #write(from: number, now: Milliseconds): number {
    let index = from;
    let bytes = 0;
    let chunk = this.ring.at(index);
    do {
      bytes += chunk.frame.byteLength;
      if (chunk.asksForAck && !this.#question) {
        const { offset, part, session, time } = chunk;
        this.#question = { offset, part, session, time, since: now };
      }
      this.#sent = chunk;
      index += 1;
      if (index === this.ring.end) break;
      chunk = this.ring.at(index);
    } while (!chunk.gap && bytes + chunk.frame.byteLength <= WRITE_BYTES);
    return index;
  }
}

/** That a viewer was behind says less than that what comes is of another session, with clocks of its own. */
function announced(jump: Jump | undefined, gap: LiveChunk['gap'], isOtherSession: boolean): Jump | undefined {
  if (jump?.reason === 'lag' && isOtherSession) return { reason: 'session', skipped: 0 };
  return jump ?? (gap && { reason: gap.reason, skipped: gap.missing });
}

const placeFor = (destination: Destination, jump: JumpReason | undefined): Place =>
  destination === 'live'
    ? { at: 'keyframe', notBefore: 'undecided', jump, left: undefined }
    : { at: 'after', position: destination, jump };

/** Another gateway was a little quicker: what it has sent will be read here too. */
const isSoonReached = (position: Position, newest: LiveChunk): boolean =>
  position.session === newest.session &&
  position.offset > newest.offset &&
  position.offset - newest.offset <= MOST_AHEAD;
