import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { TICKS_PER_SECOND, type Ticks90k } from '@topicast/contracts/units';

/** What the judgement needs from a chunk. */
export type Arrival = Pick<ChunkMessage, 'rendition' | 'header'>;

/** What came before in this stream; `undefined` before the first chunk of a join. */
export interface ContinuityState {
  readonly rendition: number;
  readonly session: number;
  /** Counts the chunks of the rendition. Has no meaning in session 0. */
  readonly sequence: number;
  /** Of the newest picture, see {@link pictureTime}. */
  readonly decodeTime: Ticks90k;
  /** After a loss, nothing can be decoded until the next keyframe. */
  readonly waiting: boolean;
}

/** How a chunk follows what has been played. */
export type Entry =
  /** It is the next one. */
  | 'continues'
  /**
   * It belongs to another rendition, which continues where the previous one ended: the media timeline does not break.
   */
  | 'switch'
  /** A beginning: the first of all, after a jump, or after loss. */
  | 'join';

type ContinuityVerdict =
  | { readonly use: 'play'; readonly entry: Entry }
  /** It came before, or is from an encoder that was replaced. */
  | { readonly use: 'repeat' }
  /** Not decodable: a keyframe must come first. */
  | { readonly use: 'skip' };

interface ContinuityStep {
  readonly verdict: ContinuityVerdict;
  /** Chunks missing before this one. */
  readonly lost: number;
  readonly state: ContinuityState;
}

/** Somebody else's producer numbers nothing, so each gateway counts from where it began to read (PROTOCOL 2). */
const UNNUMBERED_SESSION = 0;
/** A keyframe of another rendition that comes later than this after the last picture does not continue from it. */
const LONGEST_STEP = TICKS_PER_SECOND;

/**
 * Judge the next chunk. Loss is a gap in the sequence; a number not above the last one is a repeat. In session 0 the
 * gateway's order is taken as it is, and a break is what a jump or the chunk itself announces. Sequences of different
 * renditions have nothing to do with each other: there the decode time tells (docs/design/switching-in-the-player.md).
 * @param before `undefined` also after an announced jump: then the next keyframe is taken, wherever it is
 */
export function follow(before: ContinuityState | undefined, arrival: Arrival): ContinuityStep {
  const { rendition, header } = arrival;
  const { session, sequence } = header;
  if (before && isOver(before, arrival)) return { verdict: { use: 'repeat' }, lost: 0, state: before };
  const isNext = before?.session === session && before.rendition === rendition;
  const lost = isNext && session !== UNNUMBERED_SESSION ? sequence - before.sequence - 1 : 0;
  const entry = before ? entryAfter(before, arrival, lost) : 'join';
  const waiting = entry === 'join' && !header.keyframe;
  const verdict: ContinuityVerdict = waiting ? { use: 'skip' } : { use: 'play', entry };
  const decodeTime = pictureTime(arrival, before);
  return { verdict, lost, state: { rendition, session, sequence, decodeTime, waiting } };
}

function entryAfter(before: ContinuityState, { rendition, header }: Arrival, lost: number): Entry {
  if (before.waiting || before.session !== header.session) return 'join';
  if (before.rendition === rendition) return lost === 0 && !header.discontinuity ? 'continues' : 'join';
  const step = header.decodeTime - before.decodeTime;
  return header.keyframe && step > 0 && step <= LONGEST_STEP ? 'switch' : 'join';
}

function isOver(before: ContinuityState, { rendition, header }: Arrival): boolean {
  if (header.session === UNNUMBERED_SESSION) return false;
  if (header.session !== before.session) return header.session < before.session;
  if (before.rendition === rendition) return header.sequence <= before.sequence;
  return header.decodeTime <= before.decodeTime;
}

/**
 * Decode time of the newest picture. Chunks with sound alone have their own times, a little before or after those of
 * the pictures around them; in a stream without pictures, the keyframe chunks count.
 */
export const pictureTime = (
  { header }: Arrival,
  before: { readonly decodeTime: Ticks90k } | undefined,
): Ticks90k => (before && header.audioOnly && !header.keyframe ? before.decodeTime : header.decodeTime);
