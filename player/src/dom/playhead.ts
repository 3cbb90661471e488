import { MOST_SYNC_DELAY } from '@topicast/contracts/sync';
import { Milliseconds, Seconds, seconds } from '@topicast/contracts/units';
import { type ArrivalEvidence, NO_EVIDENCE } from '../core/arrivals.js';
import {
  CONTROL_PERIOD_MS,
  decideLatency,
  FINE_DEAD_BAND_MS,
  joinLatency,
  joinMustSeek,
  type LatencyAction,
  type LatencyState,
  type LatencyTarget,
  latencyTarget,
  targetLevel,
} from '../core/latency.js';
import { NO_LEAD } from '../core/sound-lead.js';
import type { BufferEdge } from '../mse/media-sink.js';
import { isFirefox } from './firefox.js';
import type { Pace, PaceEvents, PictureTime, Playing, Stepper, Tallies } from './pace.js';

export interface PlayheadParts {
  readonly video: HTMLVideoElement;
  /** Whether data can be expected at all. */
  readonly isFed: () => boolean;
  /** There is no picture to steer. */
  readonly rests: () => boolean;
  /** Undefined: this player goes alone. */
  readonly stepper: () => Stepper | undefined;
  readonly pace: PaceEvents;
}

/** Every seek causes shorter waits, which nobody sees. */
const BLINK_MS = 120;
/** A stream that has just begun has less than the target: wait for it, or playback runs dry at once. */
const FILL_MS = 300;

/** The level moves by a frame all the time. */
const STEADY_MS = 60;

/** If the playhead has not moved for this long, it stands still. */
const STANDING_MS = 80;

/** The steps of a media source to its first picture, and of the playhead to the live edge after each jump. */
type Join =
  /** The burst has not been appended yet. */
  | { readonly stage: 'filling' }
  /** It is in; the one seek of the join is due once the element knows its media. */
  | { readonly stage: 'due'; readonly first: boolean }
  | { readonly stage: 'done' };

/** What is on the screen. */
type Screen =
  | { readonly shows: 'nothing' }
  | { readonly shows: 'moving' }
  | { readonly shows: 'standing' }
  /** Something from before a pause, or nothing yet; the next join leaves it behind. */
  | { readonly shows: 'stale'; readonly picture: 'none' | 'standing' };

/** Moves the playhead of a video element as the latency control says, and watches whether the picture moves. */
export class Playhead implements Pace {
  seeks: number;
  readonly skipped: number;
  evidence: ArrivalEvidence = NO_EVIDENCE;
  lead = NO_LEAD;
  readonly #parts: PlayheadParts;
  readonly #video: HTMLVideoElement;
  readonly #events: PaceEvents;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #listening = new AbortController();
  #edge: BufferEdge | undefined;
  #join: Join = { stage: 'filling' };
  #screen: Screen = { shows: 'nothing' };
  /** A frame of this media source has been decoded. */
  #decoded = false;
  #waitingSince: Milliseconds | undefined;
  #control: LatencyState = joinLatency(Milliseconds.now());
  #target: LatencyTarget = latencyTarget(false, 0);
  /** In the media source. */
  #hasAudio = false;
  /** The level at which this player is in step with its group. */
  #inStep: Milliseconds | undefined;
  #moved: { readonly media: number; readonly at: number } | undefined;

  readonly #stallsBefore: number;

  /** @param before what played before */
  constructor(parts: PlayheadParts, before: Tallies) {
    this.seeks = before.seeks;
    this.skipped = before.skipped;
    this.#stallsBefore = before.stalls;
    this.#parts = parts;
    const { video, pace } = parts;
    this.#video = video;
    this.#events = pace;
    this.#timer = setInterval(() => this.#tick(), CONTROL_PERIOD_MS);
    const { signal } = this.#listening;
    video.addEventListener('loadedmetadata', () => this.#seekAfterJoin(), { signal });
    video.addEventListener('loadeddata', () => this.#onDecoded(), { signal });
    video.addEventListener('seeked', () => this.#onDecoded(), { signal });
    video.addEventListener('playing', () => this.#onPlaying(), { signal });
    video.addEventListener('waiting', () => this.#onWaiting(), { signal });
  }

  get levelMs(): Milliseconds | undefined {
    return this.#control.smoothed ?? this.#level;
  }

  get targetMs(): Milliseconds {
    return targetLevel(this.#aim, this.#control);
  }

  get rate(): number {
    return this.#video.playbackRate;
  }

  get place(): PictureTime | undefined {
    const { paused, seeking, readyState, currentTime: media, playbackRate: rate } = this.#video;
    if (paused || seeking || readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      this.#moved = undefined;
      return undefined;
    }
    const at = performance.now();
    if (media !== this.#moved?.media) this.#moved = { media, at };
    return at - this.#moved.at > STANDING_MS ? undefined : { ...this.#moved, rate };
  }

  get end(): Seconds {
    return this.#edge?.end ?? Seconds.zero;
  }

  get stalls(): number {
    return this.#stallsBefore + this.#control.stalls;
  }

  reset(): void {
    this.#edge = undefined;
    this.#join = { stage: 'filling' };
    this.#decoded = false;
    this.#control = joinLatency(Milliseconds.now(), this.#control);
  }

  get steady(): Pace['steady'] {
    const { smoothed: level, starvedSince } = this.#control;
    const now = this.#level;
    if (level === undefined || now === undefined || starvedSince !== undefined || this.#video.paused)
      return undefined;
    return Math.abs(now - level) > STEADY_MS ? undefined : { level, target: this.#target.level };
  }

  expectJoin(): void {
    if (this.#screen.shows === 'stale') return;
    const { shows } = this.#screen;
    this.#screen = { shows: 'stale', picture: shows === 'nothing' ? 'none' : 'standing' };
    if (shows === 'moving') this.#events.onPicture('standing');
  }

  setEdge(edge: BufferEdge): void {
    this.#edge = edge;
    this.#seekAfterJoin();
  }

  join(wanted: number | undefined, hasAudio: boolean): void {
    this.#target = latencyTarget(hasAudio, wanted, { isFirefox: isFirefox(this.#video) });
    this.#hasAudio = hasAudio;
    const first = this.#join.stage === 'filling' || (this.#join.stage === 'due' && this.#join.first);
    this.#join = { stage: 'due', first };
    this.#control = joinLatency(Milliseconds.now(), this.#control);
    this.#seekAfterJoin();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listening.abort();
  }

  get #wanted(): LatencyTarget {
    return { ...this.#target, level: Milliseconds.add(this.#target.level, this.lead.lead) };
  }

  /** In a group, the level is whatever keeps this player in step. */
  get #aim(): LatencyTarget {
    const level = this.#inStep && Milliseconds.sub(this.#inStep, this.#control.backOff);
    return level === undefined ? this.#wanted : { ...this.#wanted, level };
  }

  /** The element tells by an event, which can come before the join. After a join without a seek, no other event comes. */
  get #plays(): boolean {
    const { paused, seeking, readyState } = this.#video;
    const isReady = !paused && !seeking && readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
    return isReady && this.#waitingSince === undefined;
  }

  #findStep(): void {
    const playing = this.#playing;
    const place = playing && this.#parts.stepper()?.find(playing);
    this.#inStep = undefined;
    if (place !== undefined) this.#inStep = Milliseconds.ofSeconds(Seconds.sub(this.end, place));
  }

  /** How much media there is behind the live edge. */
  get #depth(): Milliseconds {
    return Milliseconds.ofSeconds(Seconds.sub(this.end, this.#edge?.start ?? Seconds.zero));
  }

  get #level(): Milliseconds | undefined {
    if (!this.#edge) return undefined;
    return Milliseconds.ofSeconds(Seconds.sub(this.#edge.end, seconds(this.#video.currentTime)));
  }

  #seekAfterJoin(): void {
    const level = this.#level;
    if (this.#join.stage !== 'due' || level === undefined) return;
    if (this.#video.readyState < HTMLMediaElement.HAVE_METADATA) return;
    const { first } = this.#join;
    this.#findStep();
    const waited = Milliseconds.sub(Milliseconds.now(), this.#control.joinedAt);
    if (first && level < this.targetMs && waited < (this.#inStep === undefined ? FILL_MS : MOST_SYNC_DELAY))
      return;
    this.#join = { stage: 'done' };
    const outside = this.#video.currentTime < (this.#edge?.start ?? 0);
    const standing = outside || this.#screen.shows !== 'moving';
    if (this.#screen.shows === 'stale') {
      this.#screen = { shows: this.#screen.picture === 'none' ? 'nothing' : 'standing' };
    }
    if (joinMustSeek(level, this.targetMs, standing)) this.#seekTo(this.targetMs);
    if (first) this.#events.onReady();
  }

  #tick(): void {
    // The wait for more may end although nothing more comes: pictures may pause after the first one.
    this.#seekAfterJoin();
    const level = this.#level;
    if (level === undefined || this.#video.paused || this.#parts.rests()) return;
    const now = Milliseconds.now();
    const waited = this.#waitingSince === undefined ? 0 : now - this.#waitingSince;
    if (waited > BLINK_MS && this.#screen.shows === 'moving') {
      this.#screen = { shows: 'standing' };
      this.#events.onPicture('standing');
    } else if (['nothing', 'standing'].includes(this.#screen.shows) && this.#plays) {
      this.#showMoving();
    }
    this.#findStep();
    const { action: own, state } = decideLatency(
      {
        now,
        level,
        started: this.#decoded,
        waiting: this.#waitingSince !== undefined,
        seeking: this.#video.seeking,
        excused: !this.#parts.isFed(),
        evidence: this.evidence,
      },
      this.#aim,
      this.#control,
      this.#hasAudio ? undefined : FINE_DEAD_BAND_MS,
    );
    this.#control = state;
    const action = own.do === 'rate' ? (this.#steer() ?? own) : own;
    if (action.do === 'seek') {
      this.seeks += 1;
      this.#seekTo(action.level);
    } else if (this.#video.playbackRate !== action.rate) {
      this.#video.playbackRate = action.rate;
      this.#events.onDecision({ playbackRate: action.rate });
    }
  }

  get #playing(): Playing | undefined {
    const level = this.#level;
    return level === undefined
      ? undefined
      : {
          level,
          place: this.#decoded && !this.#video.paused ? seconds(this.#video.currentTime) : undefined,
          own: targetLevel(this.#wanted, this.#control),
          isFed: this.#parts.isFed(),
          by: this.#hasAudio ? 'source-with-audio' : 'source',
        };
  }

  #steer(): LatencyAction | undefined {
    const stands = !this.#decoded || this.#waitingSince !== undefined || this.#video.seeking;
    const playing = this.#playing;
    if (this.#inStep === undefined || stands || !playing) return undefined;
    return this.#parts.stepper()?.steer(playing, Milliseconds.sub(this.#depth, playing.level));
  }

  #seekTo(level: Milliseconds): void {
    if (!this.#edge) return;
    this.#events.onDecision({ seekToLevelMs: level });
    this.#video.currentTime = Math.max(this.#edge.start, this.#edge.end - level / 1000);
  }

  #onDecoded(): void {
    this.#decoded = true;
  }

  #onPlaying(): void {
    this.#waitingSince = undefined;
    this.#decoded = true;
    if (this.#screen.shows !== 'stale') this.#showMoving();
  }

  #showMoving(): void {
    this.#screen = { shows: 'moving' };
    this.#events.onPicture('moving');
  }

  #onWaiting(): void {
    this.#waitingSince ??= Milliseconds.now();
  }
}
