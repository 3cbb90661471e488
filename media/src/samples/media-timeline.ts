import { TICKS_PER_SECOND, type Ticks90k, ticks90k } from '@topicast/contracts/units';
import { unwrapNear } from '../mpegts/timeline.js';
import type { Placement, SampleClock } from './sample.js';

/** A step of the decode time beyond this, at a keyframe, is a jump of the clock. */
const MAX_STEP = TICKS_PER_SECOND;
/** Audio that begins this much before the first picture is its priming; earlier audio is left out. */
const MAX_PRIMING = TICKS_PER_SECOND;
/** Audio further from all that was placed is of another timeline. */
const MAX_AUDIO_DISTANCE = 5 * TICKS_PER_SECOND;
/** Data may announce what comes, or tell of what was. */
const MAX_DATA_DISTANCE = 60 * TICKS_PER_SECOND;
/** Tracks whose ends are further apart did not end together: one stopped before. */
const MAX_ENDS_APART = TICKS_PER_SECOND / 2;

/**
 * Turns 33-bit stream time into media time, which begins at 0 and goes on over jumps of the stream's clock. After a jump
 * it continues where the first of the tracks ended: MSE stalls at a gap of audio, while pictures that were to come after
 * the sound's end are merely replaced.
 */
export class MediaTimeline implements SampleClock {
  #epoch = 0;
  /** Stream time, unwrapped, that is 0 in media time. */
  #base: number | undefined;
  /** Unwrapped stream time of what was placed last in this epoch. */
  #lastVideo: number | undefined;
  #lastAudio: number | undefined;
  /** Media time at which the tracks end. */
  #videoEnd: number | undefined;
  #audioEnd: number | undefined;

  /**
   * @param audioPts of the first audio that came with the unit; encoders start it some 20 ms early (priming).
   * @returns undefined if the unit is out of order: nothing up to the next keyframe has a place then.
   */
  placeVideo(
    unit: { dts: number; pts: number; keyframe: boolean },
    audioPts: number | undefined,
  ): Placement | undefined {
    const dts = this.#unwrap(unit.dts);
    const back = dts < (this.#base ?? dts) || (this.#lastVideo !== undefined && dts <= this.#lastVideo);
    const jump = dts - (this.#latest ?? dts) > MAX_STEP;
    const pts = Math.max(unwrapNear(unit.pts, dts), dts);
    if (this.#base === undefined || (unit.keyframe && (back || jump))) {
      const audio = audioPts === undefined ? pts : unwrapNear(audioPts, dts);
      this.#begin(dts, pts - audio <= MAX_PRIMING ? Math.min(pts, audio) : pts);
    } else if (back) {
      return undefined;
    }
    this.#lastVideo = dts;
    return this.#placed(dts, pts);
  }

  /**
   * @param alone the stream has no video, so that audio alone makes the timeline.
   * @returns undefined if it is of another timeline. From before the first picture it has a time below 0.
   */
  placeAudio(pts33: number, alone: boolean): Placement | undefined {
    const pts = this.#unwrap(pts33);
    const distance = (last: number | undefined) =>
      last === undefined ? Number.POSITIVE_INFINITY : Math.abs(pts - last);
    if (alone && (this.#base === undefined || distance(this.#latest) > MAX_STEP)) this.#begin(pts, pts);
    else if (Math.min(distance(this.#lastVideo), distance(this.#lastAudio)) > MAX_AUDIO_DISTANCE)
      return undefined;
    if (this.#base === undefined) return undefined;
    this.#lastAudio = pts;
    return this.#placed(pts, pts);
  }

  /** Of a data track: it never begins a timeline. @returns undefined where there is none yet, or it is of another. */
  placeData(pts33: number): Placement | undefined {
    const pts = this.#unwrap(pts33);
    const distance = Math.abs(pts - (this.#latest ?? Number.POSITIVE_INFINITY));
    return this.#base === undefined || distance > MAX_DATA_DISTANCE ? undefined : this.#placed(pts, pts);
  }

  /** What was placed of this track is over at this media time. */
  reach(track: 'video' | 'audio', end: Ticks90k): void {
    if (track === 'video') this.#videoEnd = Math.max(this.#videoEnd ?? 0, end);
    else this.#audioEnd = end;
  }

  /** @param presentation of the first sample; its decode time cannot be below 0 in media time. */
  #begin(decode: number, presentation: number): void {
    if (this.#base !== undefined) this.#epoch++;
    this.#base = Math.min(decode, presentation - this.#joinPoint());
    this.#lastVideo = undefined;
    this.#lastAudio = undefined;
    this.#videoEnd = undefined;
    this.#audioEnd = undefined;
  }

  #joinPoint(): number {
    const [video, audio] = [this.#videoEnd, this.#audioEnd];
    if (video === undefined || audio === undefined) return Math.round(video ?? audio ?? 0);
    return Math.round(
      Math.abs(video - audio) <= MAX_ENDS_APART ? Math.min(video, audio) : Math.max(video, audio),
    );
  }

  get #latest(): number | undefined {
    if (this.#lastVideo === undefined || this.#lastAudio === undefined)
      return this.#lastVideo ?? this.#lastAudio;
    return Math.max(this.#lastVideo, this.#lastAudio);
  }

  #unwrap(timestamp: number): number {
    return this.#latest === undefined ? timestamp : unwrapNear(timestamp, this.#latest);
  }

  #placed(decode: number, presentation: number): Placement {
    const base = this.#base ?? 0;
    return {
      decode: ticks90k(decode - base),
      presentation: ticks90k(presentation - base),
      epoch: this.#epoch,
    };
  }
}
