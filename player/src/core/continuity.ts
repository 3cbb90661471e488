import type { ChunkHeader } from '@topicast/contracts/chunk-header';

/** What came before in this stream; `undefined` before the first chunk of a join. */
export interface ContinuityState {
  readonly session: number;
  /** Says nothing in session 0. */
  readonly sequence: number;
  /** After loss nothing can be decoded until the next keyframe. */
  readonly waiting: boolean;
}

export type ContinuityVerdict =
  | { readonly use: 'play'; readonly discontinuity: boolean }
  /** Came before, or of an encoder that was replaced. */
  | { readonly use: 'repeat' }
  /** Not decodable: a keyframe must come first. */
  | { readonly use: 'skip' };

export interface ContinuityStep {
  readonly verdict: ContinuityVerdict;
  /** Chunks missing before this one. */
  readonly lost: number;
  readonly state: ContinuityState;
}

/** Somebody else's producer numbers nothing: each gateway counts from where it began to read (PROTOCOL 2). */
const UNNUMBERED_SESSION = 0;

/**
 * Judge the next chunk. Loss is a gap in the sequence; a number not above the last one is a repeat. In session 0 the
 * gateway's order is taken as it is, and a break is what a jump or the chunk itself announces.
 * @param before `undefined` also after an announced jump: then the next keyframe is taken, wherever it is
 */
export function follow(before: ContinuityState | undefined, header: ChunkHeader): ContinuityStep {
  const { session, sequence } = header;
  const isNumbered = session !== UNNUMBERED_SESSION;
  if (before && isNumbered && isOver(before, header)) {
    return { verdict: { use: 'repeat' }, lost: 0, state: before };
  }
  const sameSession = before?.session === session;
  const lost = before && sameSession && isNumbered ? sequence - before.sequence - 1 : 0;
  const continues = sameSession && lost === 0 && !header.discontinuity && !before?.waiting;
  const waiting = !continues && !header.keyframe;
  const verdict: ContinuityVerdict = waiting ? { use: 'skip' } : { use: 'play', discontinuity: !continues };
  return { verdict, lost, state: { session, sequence, waiting } };
}

const isOver = (before: ContinuityState, { session, sequence }: ChunkHeader): boolean =>
  session < before.session || (session === before.session && sequence <= before.sequence);
