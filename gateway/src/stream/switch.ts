import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { ChunkWindow } from './chunk-source.js';
import type { LiveChunk } from './live-chunk.js';

/** A stream whose newest chunk is older stands still, so its last chunks are no place to join. */
export const STALE_AFTER = milliseconds(4_000);
/**
 * The chunks of two renditions of one encoder arrive at most this far apart; a viewer waits this long at a keyframe for
 * its counterpart.
 */
export const LONGEST_HOLD = milliseconds(300);
/** If one rendition began a session this long ago and the other has not, the other will not have that session. */
const SESSION_ALONE_AFTER = milliseconds(1_000);
/** A rendition whose newest chunk is older is not running. */
const PAUSED_AFTER = milliseconds(1_000);
/** After this long without a keyframe that both renditions have, the viewer gets the other one after a jump. */
export const LEAP_AFTER = milliseconds(5_000);

/** A viewer that is changing from one rendition to another. */
interface Passage {
  readonly from: ChunkWindow;
  /** The chunk in `from` that the viewer would get next; `joining` where it waits for a keyframe, `seeking` for its place. */
  readonly next: number | 'joining' | 'seeking';
  readonly to: ChunkWindow;
  /** When the viewer asked. */
  readonly since: Milliseconds;
}

type Course =
  /** Continue in the present rendition up to, but not including, this chunk. */
  | { readonly kind: 'stay'; readonly until: number }
  /** The next chunk of the present rendition and chunk `enter` of the other one are the same moment: change over. */
  | { readonly kind: 'cross'; readonly enter: number }
  /** Join the other rendition at its newest keyframe. */
  | { readonly kind: 'leap' };

const STAY: Course = { kind: 'stay', until: Number.POSITIVE_INFINITY };

/**
 * How a viewer comes to another rendition (contracts/PROTOCOL.md 4.6, docs/design/switching.md). Both renditions have a keyframe at the same
 * decode time: all that is before it comes from the present rendition, all from it on from the other, so that nothing is
 * repeated and nothing left out. Which of the two keyframes gets here first does not matter: the viewer waits for the
 * other one for a moment, and where it does not come tries the next.
 */
export function courseOf({ from, next, to, since, now }: Passage & { now: Milliseconds }): Course {
  const isJoinable = canBeJoined(from, to, now);
  if (next === 'joining') return isJoinable ? { kind: 'leap' } : STAY;
  if (isJoinable && (now - since > LEAP_AFTER || isLeftBehind(from, to, now) || hasEnded(from, next, to)))
    return { kind: 'leap' };
  if (next === 'seeking' || !to.caughtUp) return STAY;
  for (const index of from.keyframes) {
    if (index < next) continue;
    const keyframe = from.at(index);
    const enter = to.keyframes.findLast((candidate) => isSameMoment(to.at(candidate), keyframe));
    if (enter !== undefined)
      return index === next ? { kind: 'cross', enter } : { kind: 'stay', until: index };
    if (isExpected(keyframe, to, now)) return { kind: 'stay', until: index };
  }
  return STAY;
}

/** Whether the encoder's new session lacks the present rendition. */
function isLeftBehind(from: ChunkWindow, to: ChunkWindow, now: Milliseconds): boolean {
  const session = from.newest?.session ?? 0;
  const first = to.keyframes.find((index) => to.at(index).session > session);
  return first !== undefined && now - to.at(first).arrival > SESSION_ALONE_AFTER;
}

/** Whether nothing more comes in the present rendition, and the other one has a keyframe after all that did. */
function hasEnded(from: ChunkWindow, next: Passage['next'], to: ChunkWindow): boolean {
  const { newest } = from;
  if (!newest || !to.newest || to.newestKeyframe === undefined || next !== from.end) return false;
  return (
    to.newest.arrival - newest.arrival > PAUSED_AFTER &&
    to.newest.session === newest.session &&
    isBefore(newest, to.at(to.newestKeyframe))
  );
}

/** Session numbers only grow, so there is no point in changing to an older session, or to one that stands still. */
function canBeJoined(from: ChunkWindow, to: ChunkWindow, now: Milliseconds): boolean {
  const { newest, newestKeyframe } = to;
  if (!to.caughtUp || !newest || newestKeyframe === undefined) return false;
  const session = to.at(newestKeyframe).session;
  return now - newest.arrival <= STALE_AFTER && session >= (from.newest?.session ?? 0);
}

const isSameMoment = (a: LiveChunk, b: LiveChunk): boolean =>
  a.session === b.session && a.header.decodeTime === b.header.decodeTime;

/** Whether the counterpart of a keyframe should arrive in a moment. */
function isExpected(keyframe: LiveChunk, to: ChunkWindow, now: Milliseconds): boolean {
  const { newest, newestKeyframe } = to;
  if (!newest || newestKeyframe === undefined) return false;
  const isRunning = now - newest.arrival < PAUSED_AFTER;
  return isRunning && now - keyframe.arrival < LONGEST_HOLD && isBefore(to.at(newestKeyframe), keyframe);
}

const isBefore = (a: LiveChunk, b: LiveChunk): boolean =>
  a.session < b.session || (a.session === b.session && a.header.decodeTime < b.header.decodeTime);
