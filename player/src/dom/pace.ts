import { Milliseconds, Seconds } from '@topicast/contracts/units';
import { type ArrivalEvidence, NO_EVIDENCE } from '../core/arrivals.js';
import type { Steering } from '../core/in-step.js';
import type { LatencyAction } from '../core/latency.js';
import type { PictureState } from '../core/player-state.js';
import { NO_LEAD, type SoundLead } from '../core/sound-lead.js';

/** Which media time is played at the time `at` of `performance.now()`, and at which rate it continues. */
export interface PictureTime {
  /** Seconds on the media timeline. */
  readonly media: number;
  readonly at: number;
  readonly rate: number;
}

export interface Playing {
  /** On the media timeline; undefined if it plays nothing at present. */
  readonly place: Seconds | undefined;
  /** How much of the media is ahead of that. */
  readonly level: Milliseconds;
  /** The level that it needs by itself. */
  readonly own: Milliseconds;
  /** Data can be expected: the level says what this player needs. */
  readonly isFed: boolean;
  readonly by: Steering;
}

/** Keeps this player in step with others (group-step.ts). */
export interface Stepper {
  /** The place on the media timeline at which it is in step now; undefined: it goes alone. */
  find(playing: Playing): Seconds | undefined;
  /**
   * For a player whose place was found.
   * @param reach how much further back there still are media
   */
  steer(playing: Playing, reach: Milliseconds): LatencyAction;
}

export interface PaceEvents {
  onPicture(picture: PictureState): void;
  /**
   * The playhead is where the first picture of this media source will be. Playing earlier would show older pictures.
   */
  onReady(): void;
  /** It goes to where the level is this, or plays at another rate. */
  onDecision(decision: { readonly seekToLevelMs: number } | { readonly playbackRate: number }): void;
}

/** Since the start, over all engines. */
export interface Tallies {
  readonly stalls: number;
  readonly seeks: number;
  /** Pictures that the engine left out, beside those that the video element reports. */
  readonly skipped: number;
}

/** Keeps the picture a target distance behind the live edge, whichever engine plays it. */
export interface Pace extends Tallies {
  evidence: ArrivalEvidence;
  /** Smoothed, once there is enough to smooth; undefined before there are media. */
  readonly levelMs: Milliseconds | undefined;
  readonly targetMs: Milliseconds;
  readonly rate: number;
  /** Of the media that all tracks have. */
  readonly end: Seconds;
  /** How far the picture stays behind for the sound outside of the media source. */
  lead: SoundLead;
  /** The level, and the target without the lead; undefined while they say nothing about the sound: after a seek, say. */
  readonly steady: { readonly level: Milliseconds; readonly target: Milliseconds } | undefined;
  /** Undefined if the picture stands still, or is about to jump. */
  readonly place: PictureTime | undefined;
  /** Pictures that came to the video element, if it does not count them itself. */
  readonly drawn?: number;
  /**
   * Which place on the media timeline is on the screen at this time, for an engine whose video element has times of its
   * own; undefined before its first picture.
   */
  readonly shownAt?: ((time: Milliseconds) => Milliseconds | undefined) | undefined;
  /** Another media source, about which nothing is known yet. */
  reset(): void;
  /** After a pause: go to the live edge at the next join, whatever is left from before. */
  expectJoin(): void;
  /**
   * The media reach up to the live edge.
   * @param wanted the level that the embedding page asks for
   */
  join(wanted: number | undefined, hasAudio: boolean): void;
  close(): void;
}

/** Before there is an engine. */
export class NoPace implements Pace {
  evidence = NO_EVIDENCE;
  lead = NO_LEAD;
  readonly levelMs = undefined;
  readonly targetMs = Milliseconds.zero;
  readonly rate = 1;
  readonly end = Seconds.zero;
  readonly stalls = 0;
  readonly seeks = 0;
  readonly skipped = 0;
  readonly steady = undefined;
  readonly place = undefined;
  reset(): void {}
  expectJoin(): void {}
  join(): void {}
  close(): void {}
}
