import { TICKS_PER_SECOND, type Ticks90k, ticks90k } from '@topicast/contracts/units';
import { unwrapNear } from '../mpegts/timeline.js';
import type { Placement, SampleClock } from './sample.js';

/** A step of the decode time beyond this, at a keyframe, is a jump of the clock. */
const MAX_STEP = TICKS_PER_SECOND;
/** Audio that begins up to this much before the first picture is priming; earlier audio is left out. */
const MAX_PRIMING = TICKS_PER_SECOND;
/** Audio further away than this from everything placed so far belongs to another timeline. */
const MAX_AUDIO_DISTANCE = 5 * TICKS_PER_SECOND;
/** Data may announce future events, or report past ones. */
const MAX_DATA_DISTANCE = 60 * TICKS_PER_SECOND;
/** If the ends of tracks are further apart, they did not end together: one stopped earlier. */
const MAX_ENDS_APART = TICKS_PER_SECOND / 2;

/**
 * Turns 33-bit stream time into media time, which begins at 0 and continues over jumps of the stream's clock. After a
 * jump it continues where the first of the tracks ended, because MSE stalls at a gap of audio, while pictures after the
 * sound's end are merely replaced.
 */
export class MediaTimeline implements SampleClock {
  #epoch = 0;
  /** Stream time, unwrapped, that is 0 in media time. */
  #base: number | undefined;
  /** Unwrapped stream time of the last sample placed in this epoch. */
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
   * @param alone the stream has no video, so audio alone makes the timeline.
   * @returns undefined if it belongs to another timeline. Before the first picture, the time is negative.
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

  /**
   * For a data track, which never begins a timeline. @returns undefined if there is none yet, or if it belongs to
   * another.
   */
  placeData(pts33: number): Placement | undefined {
    const pts = this.#unwrap(pts33);
    const distance = Math.abs(pts - (this.#latest ?? Number.POSITIVE_INFINITY));
    return this.#base === undefined || distance > MAX_DATA_DISTANCE ? undefined : this.#placed(pts, pts);
  }

  /** The placed samples of this track end at this media time. */
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
