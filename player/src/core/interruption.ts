import type { Milliseconds } from '@topicast/contracts/units';

/** A `pause` event of the video, and what is known about it. */
export interface Pause {
  readonly surroundings: Surroundings;
  /** The viewer has just used the page (HTML 6.4.1, transient activation). */
  readonly isActivated: boolean;
  /** Between this pause and the end of picture in picture, whichever came first; absent: there was no such end. */
  readonly fromWindowEnd?: Milliseconds | undefined;
}

export interface Surroundings {
  /** The page is frozen, or in the back/forward cache. */
  readonly isFrozen: boolean;
  /** The video was in the document, and is not now. */
  readonly isRemoved: boolean;
  /** Another tab, or another window, covers the page. */
  readonly isHidden: boolean;
  /** The video is outside the part of the page that is shown. */
  readonly isOutOfSight: boolean;
  readonly isInWindow: boolean;
  /** Its media have ended or failed, or are being replaced. */
  readonly isOver: boolean;
  readonly isSilent: boolean;
}

/** Chromium pauses the video and ends picture in picture at the same moment, in two messages. */
const SAME_MOMENT_MS = 300;
/** Who scrolls past, or looks at another tab for a moment, finds the picture moving. */
export const REST_AFTER_MS = 5_000;

/** What a video that rests waits for. */
export type RestUntil =
  /** The page can play it again, and somebody sees or hears it. */
  | 'watched'
  /** Somebody sees the page. */
  | 'shown';

/** A pause of the browser's is a rest, or just the end of some media. */
export type PauseVerdict = 'viewer' | 'over' | RestUntil;

/**
 * Who paused the video (docs/design/never-stuck.md)? Media elements fire the same event whoever it was, so this follows
 * from the surroundings. **A pause belongs to the viewer, unless the surroundings explain it completely**, because a
 * viewer's pause that ended by itself would be worse than one of the browser's that waits for a click. A call of the
 * player's own `pause()` is not judged: it is somebody's wish. These explain a pause:
 * - *The page is frozen* (Page Lifecycle 4.2.2): the browser pauses each playing media element, and should play it
 *   again afterwards (its "resume frozen flag"), which Chromium does not do. The player rests by itself before that.
 * - *The video was removed from the document* (HTML 4.8.11.8: the browser pauses it a moment later).
 * - *Its media are over* (HTML 4.8.11.8: an element that reaches the end pauses, and media that cannot be decoded end):
 *   the player plays the next ones by itself when they are there.
 * - *Its picture-in-picture window was closed.* Chromium pauses the video then. The viewer wanted the window to be
 *   gone; the video plays on where it came from, but not before somebody sees the page.
 * - *Nobody sees or hears it*: browsers pause such videos to save power, and not all of them play on. It has no sound,
 *   so no media session either, and thus no media key or button of the browser's could have paused it. Then only a key
 *   pressed on the page is left, and that shows as the page's user activation.
 *
 * A video with sound in a hidden tab can be paused by media keys and by the browser's media controls, so that pause is
 * the viewer's. If another application takes the sound for a moment, the browser itself plays on.
 */
export function judgePause({ surroundings, isActivated, fromWindowEnd }: Pause): PauseVerdict {
  if (surroundings.isFrozen || surroundings.isRemoved) return 'watched';
  if (surroundings.isOver) return 'over';
  if (isActivated) return 'viewer';
  if (fromWindowEnd !== undefined && fromWindowEnd < SAME_MOMENT_MS) return 'shown';
  return isUnwatched(surroundings) ? 'watched' : 'viewer';
}

/** Neither seen nor heard: decoding it is a waste. */
export const isUnwatched = ({ isHidden, isOutOfSight, isInWindow, isSilent }: Surroundings): boolean =>
  isSilent && !isInWindow && (isHidden || isOutOfSight);

/** Only its sound matters. */
export const isOnlyHeard = ({ isHidden, isOutOfSight, isInWindow, isSilent }: Surroundings): boolean =>
  !isSilent && !isInWindow && (isHidden || isOutOfSight);

export function mayContinue(surroundings: Surroundings, until: RestUntil): boolean {
  const { isFrozen, isRemoved, isHidden } = surroundings;
  if (isFrozen || isRemoved || isUnwatched(surroundings)) return false;
  return until === 'watched' || !isHidden;
}
