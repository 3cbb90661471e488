import { Milliseconds, Seconds, seconds } from '@topicast/contracts/units';
import { type ArrivalEvidence, NO_EVIDENCE } from '../core/arrivals.js';
import {
  CONTROL_PERIOD_MS,
  decideLatency,
  FINE_DEAD_BAND_MS,
  joinLatency,
  joinMustSeek,
  type LatencyState,
  type LatencyTarget,
  latencyTarget,
  targetLevel,
} from '../core/latency.js';
import type { PictureState } from '../core/player-state.js';
import { NO_LEAD, type SoundLead, supplySound } from '../core/sound-lead.js';
import type { BufferEdge } from '../mse/media-sink.js';

interface PlayheadEvents {
  onPicture(picture: PictureState): void;
  /**
   * The playhead is where the first picture of this media source will be. Playing earlier would show older pictures.
   */
  onReady(): void;
}

/** Every seek causes shorter waits, which nobody sees. */
const BLINK_MS = 120;
/** A stream that has just begun has less than the target: wait for it, or playback runs dry at once. */
const FILL_MS = 300;

/** The level moves by a frame all the time. */
const STEADY_MS = 60;

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
export class Playhead {
  seeks = 0;
  evidence: ArrivalEvidence = NO_EVIDENCE;
  readonly #video: HTMLVideoElement;
  /** Whether data can be expected at all. */
  readonly #isFed: () => boolean;
  readonly #events: PlayheadEvents;
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
  /** What the sound outside of the media source needs beyond that. */
  #lead: SoundLead = NO_LEAD;

  constructor(video: HTMLVideoElement, isFed: () => boolean, events: PlayheadEvents) {
    this.#video = video;
    this.#isFed = isFed;
    this.#events = events;
    this.#timer = setInterval(() => this.#tick(), CONTROL_PERIOD_MS);
    const { signal } = this.#listening;
    video.addEventListener('loadedmetadata', () => this.#seekAfterJoin(), { signal });
    video.addEventListener('loadeddata', () => this.#onDecoded(), { signal });
    video.addEventListener('seeked', () => this.#onDecoded(), { signal });
    video.addEventListener('playing', () => this.#onPlaying(), { signal });
    video.addEventListener('waiting', () => this.#onWaiting(), { signal });
  }

  /** Smoothed, once there is enough to smooth. */
  get levelMs(): Milliseconds | undefined {
    return this.#control.smoothed ?? this.#level;
  }

  get targetMs(): Milliseconds {
    return targetLevel(this.#wanted, this.#control);
  }

  /** Of the media that all tracks have. */
  get end(): Seconds {
    return this.#edge?.end ?? Seconds.zero;
  }

  get stalls(): number {
    return this.#control.stalls;
  }

  /** Another media source, about which nothing is known yet. */
  reset(): void {
    this.#edge = undefined;
    this.#join = { stage: 'filling' };
    this.#decoded = false;
    this.#control = joinLatency(Milliseconds.now(), this.#control);
  }

  /** How the sound outside of the media source is supplied: the picture waits for it. */
  supplySound(least: Milliseconds): void {
    const { smoothed: level, starvedSince } = this.#control;
    const now = this.#level;
    if (level === undefined || now === undefined || starvedSince !== undefined || this.#video.paused) return;
    // While nothing arrives, or after a seek, the level says nothing about the sound.
    if (Math.abs(now - level) > STEADY_MS) return;
    this.#lead = supplySound({ now: Milliseconds.now(), level, least }, this.#target.level, this.#lead);
  }

  /** How much later than its picture the sound should be heard. */
  get soundLag(): Milliseconds {
    return this.#lead.lag;
  }

  /** After a pause: go to the live edge at the next join, whatever is left from before. */
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

  /** The appended media reach up to the live edge. */
  join(target: LatencyTarget, hasAudio: boolean): void {
    this.#target = target;
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
    return { ...this.#target, level: Milliseconds.add(this.#target.level, this.#lead.lead) };
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
    const waited = Milliseconds.sub(Milliseconds.now(), this.#control.joinedAt);
    if (first && level < this.targetMs && waited < FILL_MS) return;
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
    const level = this.#level;
    if (level === undefined || this.#video.paused) return;
    const now = Milliseconds.now();
    const waited = this.#waitingSince === undefined ? 0 : now - this.#waitingSince;
    if (waited > BLINK_MS && this.#screen.shows === 'moving') {
      this.#screen = { shows: 'standing' };
      this.#events.onPicture('standing');
    }
    const { action, state } = decideLatency(
      {
        now,
        level,
        started: this.#decoded,
        waiting: this.#waitingSince !== undefined,
        seeking: this.#video.seeking,
        excused: !this.#isFed(),
        evidence: this.evidence,
      },
      this.#wanted,
      this.#control,
      this.#hasAudio ? undefined : FINE_DEAD_BAND_MS,
    );
    this.#control = state;
    if (action.do === 'seek') {
      this.seeks += 1;
      this.#seekTo(action.level);
    } else if (this.#video.playbackRate !== action.rate) {
      this.#video.playbackRate = action.rate;
    }
  }

  #seekTo(level: Milliseconds): void {
    if (!this.#edge) return;
    this.#video.currentTime = Math.max(this.#edge.start, this.#edge.end - level / 1000);
  }

  #onDecoded(): void {
    this.#decoded = true;
  }

  #onPlaying(): void {
    this.#waitingSince = undefined;
    this.#decoded = true;
    if (this.#screen.shows === 'stale') return;
    this.#screen = { shows: 'moving' };
    this.#events.onPicture('moving');
  }

  #onWaiting(): void {
    this.#waitingSince ??= Milliseconds.now();
  }
}
