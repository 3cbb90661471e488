import type { Milliseconds } from '@topicast/contracts/units';
import type { ArrivalEvidence } from '../core/arrivals.js';
import type { MediaClock } from '../core/release.js';

/** What the page knows and the engine needs. */
export interface PageFacts {
  /** Data can be expected. */
  readonly fed: boolean;
  /** What the sound needs beyond the picture's own target. */
  readonly lead: Milliseconds;
  readonly evidence: ArrivalEvidence;
  /** Where a group is, on the wall clock; undefined: this player goes alone. */
  readonly step: MediaClock | undefined;
}

/** From the page to the engine of one media number. */
export type ToPictures =
  /**
   * Pictures go to a track of the video element through this.
   * @param wanted the level that the embedding page asks for
   * @param group other players have to keep in step with this one
   */
  | {
      readonly do: 'show';
      readonly track: WritableStream<VideoFrame>;
      readonly wanted: number | undefined;
      readonly group: boolean;
    }
  /** The burst of a join has come. */
  | { readonly do: 'join'; readonly wanted: number | undefined; readonly standing: boolean }
  /** The viewer has paused: keep nothing. */
  | { readonly do: 'hold' }
  | { readonly do: 'know'; readonly facts: PageFacts };

/** From the engine to the page. */
export type FromPictures =
  /** No media source, but decoded pictures: attach a track, and pass the way to it. */
  | { readonly type: 'track'; readonly media: number }
  | { readonly type: 'pictures'; readonly media: number; readonly report: PictureReport }
  /** They were to be decoded, but go to a media source from now on. */
  | { readonly type: 'pictures-failed'; readonly because: string };

/** Several times a second. */
export interface PictureReport {
  /** On the wall clock, which the worker and the page share; undefined before the first join, and in a pause. */
  readonly clock: MediaClock | undefined;
  /** Whether pictures are released in time. */
  readonly moves: boolean;
  readonly level: Milliseconds | undefined;
  /** The level at this moment, not smoothed; undefined before the first picture of a join. */
  readonly inHand: Milliseconds | undefined;
  /** Without the lead of the sound. */
  readonly ownTarget: Milliseconds;
  readonly target: Milliseconds;
  /** The target without a group. */
  readonly needs: Milliseconds;
  /** The level is steady: a stall or a join is not going on. */
  readonly steady: boolean;
  readonly end: Milliseconds;
  readonly stalls: number;
  readonly seeks: number;
  /** Pictures that were decoded, or not even that, and not shown. */
  readonly skipped: number;
}
