import type { SyncNews } from '@topicast/contracts/sync';
import { Milliseconds, milliseconds, Seconds } from '@topicast/contracts/units';
import type { ArrivalAge } from '../core/arrival-age.js';
import type { ClockEstimate } from '../core/clock.js';
import { latencyParts } from '../core/latency-parts.js';
import { latencySinceEncoder, type TimelineAnchor } from '../core/timeline.js';
import type { LatencyParts, PlayerStats } from '../core/types.js';
import type { WorkerCounters } from '../worker/messages.js';
import type { SoundReport } from '../worklet/messages.js';
import type { Pace } from './pace.js';
import type { Screen } from './screen.js';

const NO_COUNTERS: WorkerCounters = {
  chunks: 0,
  bytes: 0,
  lost: 0,
  skipped: 0,
  reconnects: 0,
  soundDropped: 0,
  reason: 'best',
  ways: undefined,
  at: Milliseconds.zero,
};

/** Since the media that are in the video element; with those that did not even reach it. */
export interface PictureCounts {
  readonly decoded: number;
  readonly dropped: number;
}

/** What is known about playback, for the statistics. */
export class Report {
  mediaIn: 'worker' | 'page' = 'page';
  rendition: number | undefined;
  clock: ClockEstimate | undefined;
  anchor: TimelineAnchor | undefined;
  arrivalAge: ArrivalAge | undefined;
  /** What the gateway says about the group of this player. */
  sync: SyncNews | undefined;
  soundIn: 'worklet' | 'media' | undefined;
  /** Why it is not in the worklet, although that was tried. */
  soundProblem: string | undefined;
  pictureIn: 'webcodecs' | 'mse' | undefined;
  /** Why it is not decoded by WebCodecs, although that was tried. */
  pictureProblem: string | undefined;
  /** The newest of the worklet. */
  sound: SoundReport | undefined;
  readonly #video: HTMLVideoElement;
  readonly #pace: () => Pace;
  readonly #screen: Screen;
  readonly #startedAt = Milliseconds.now();
  #joinMs: number | undefined;
  #counters = NO_COUNTERS;
  #bitrate = 0;

  constructor(video: HTMLVideoElement, pace: () => Pace, screen: Screen) {
    this.#video = video;
    this.#pace = pace;
    this.#screen = screen;
  }

  count(counters: WorkerCounters): void {
    const passed = counters.at - this.#counters.at;
    // Two reports can come within one tick of the browser's clock.
    if (passed > 0) this.#bitrate = Math.round(((counters.bytes - this.#counters.bytes) * 8000) / passed);
    this.#counters = counters;
  }

  /** The first picture, or the first sound of a stream that has no pictures, is there. */
  endJoin(at: number): void {
    this.#joinMs ??= at - this.#startedAt;
  }

  get pictures(): PictureCounts {
    const { totalVideoFrames = 0, droppedVideoFrames = 0 } = this.#video.getVideoPlaybackQuality?.() ?? {};
    const { drawn = 0, skipped } = this.#pace();
    return { decoded: totalVideoFrames + drawn + skipped, dropped: droppedVideoFrames + skipped };
  }

  /** @param hasPicture before the first picture there is nothing that has an age */
  stats(hasPicture: boolean): Omit<PlayerStats, 'textsDropped'> {
    const video = this.#video;
    const pace = this.#pace();
    const { decoded, dropped } = this.pictures;
    const { chunks, lost, skipped, reconnects, soundDropped, reason, ways } = this.#counters;
    const latency = hasPicture ? this.#latency() : undefined;
    return {
      latencyMs: latency,
      latencyParts: latency === undefined ? undefined : this.#parts(latency),
      levelMs: pace.levelMs,
      targetMs: pace.targetMs,
      playbackRate: pace.rate,
      rendition: this.rendition,
      renditionReason: this.rendition === undefined ? undefined : reason,
      bitrate: this.#bitrate,
      framesDecoded: decoded,
      framesDropped: dropped,
      stalls: this.#screen.freezes ?? pace.stalls,
      seeks: pace.seeks,
      reconnects,
      chunksReceived: chunks,
      chunksLost: lost,
      chunksSkipped: skipped,
      ways,
      joinMs: this.#joinMs,
      roundTripMs: this.clock?.roundTrip,
      width: video.videoWidth || undefined,
      height: video.videoHeight || undefined,
      mediaIn: this.mediaIn,
      pictureIn: this.pictureIn,
      pictureProblem: this.pictureProblem,
      soundIn: this.soundIn,
      soundProblem: this.soundProblem,
      soundUnderruns: this.sound?.underruns,
      soundOffsetMs: this.#soundOffsetMs,
      soundHeardMs: this.sound?.heardMs,
      soundDropped: this.soundIn === 'worklet' ? soundDropped : undefined,
    };
  }

  get #soundOffsetMs(): number | undefined {
    const offset = this.sound?.offsetMs;
    return offset === undefined ? undefined : offset - this.#pace().lead.lag;
  }

  #parts(latency: Milliseconds): LatencyParts | undefined {
    const arrival = this.arrivalAge?.mean;
    if (arrival === undefined) return undefined;
    return latencyParts({ latency, arrival, delays: this.clock?.delays, screen: this.#screen.delay });
  }

  #latency(): Milliseconds | undefined {
    if (!this.clock || !this.anchor) return undefined;
    const { at, media } = this.#screen.shown;
    const gatewayTime = milliseconds(performance.timeOrigin + at + this.clock.offset);
    return latencySinceEncoder(this.anchor, Seconds.ofMilliseconds(media), gatewayTime);
  }
}
