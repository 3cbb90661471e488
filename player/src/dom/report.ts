import { Milliseconds, milliseconds, Seconds } from '@topicast/contracts/units';
import type { ClockEstimate } from '../core/clock.js';
import { latencySinceEncoder, type TimelineAnchor } from '../core/timeline.js';
import type { PlayerStats } from '../core/types.js';
import type { WorkerCounters } from '../worker/messages.js';
import type { SoundReport } from '../worklet/messages.js';
import type { Playhead } from './playhead.js';
import type { Screen } from './screen.js';

const NO_COUNTERS: WorkerCounters = {
  chunks: 0,
  bytes: 0,
  lost: 0,
  skipped: 0,
  reconnects: 0,
  soundDropped: 0,
  reason: 'best',
  at: Milliseconds.zero,
};

/** What is known about playback, for the statistics. */
export class Report {
  mediaIn: 'worker' | 'page' = 'page';
  rendition: number | undefined;
  clock: ClockEstimate | undefined;
  anchor: TimelineAnchor | undefined;
  soundIn: 'worklet' | 'media' | undefined;
  /** Why it is not in the worklet, although that was tried. */
  soundProblem: string | undefined;
  /** The newest of the worklet. */
  sound: SoundReport | undefined;
  readonly #video: HTMLVideoElement;
  readonly #playhead: Playhead;
  readonly #screen: Screen;
  readonly #startedAt = Milliseconds.now();
  #joinMs: number | undefined;
  #counters = NO_COUNTERS;
  #bitrate = 0;

  constructor(video: HTMLVideoElement, playhead: Playhead, screen: Screen) {
    this.#video = video;
    this.#playhead = playhead;
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

  /** @param hasPicture before the first picture there is nothing that has an age */
  stats(hasPicture: boolean): Omit<PlayerStats, 'textsDropped'> {
    const video = this.#video;
    const { totalVideoFrames = 0, droppedVideoFrames = 0 } = video.getVideoPlaybackQuality?.() ?? {};
    const { chunks, lost, skipped, reconnects, soundDropped, reason } = this.#counters;
    return {
      latencyMs: hasPicture ? this.#latencyMs() : undefined,
      levelMs: this.#playhead.levelMs,
      targetMs: this.#playhead.targetMs,
      playbackRate: video.playbackRate,
      rendition: this.rendition,
      renditionReason: this.rendition === undefined ? undefined : reason,
      bitrate: this.#bitrate,
      framesDecoded: totalVideoFrames,
      framesDropped: droppedVideoFrames,
      stalls: this.#screen.freezes ?? this.#playhead.stalls,
      seeks: this.#playhead.seeks,
      reconnects,
      chunksReceived: chunks,
      chunksLost: lost,
      chunksSkipped: skipped,
      joinMs: this.#joinMs,
      roundTripMs: this.clock?.roundTrip,
      width: video.videoWidth || undefined,
      height: video.videoHeight || undefined,
      mediaIn: this.mediaIn,
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
    return offset === undefined ? undefined : offset - this.#playhead.soundLag;
  }

  #latencyMs(): number | undefined {
    if (!this.clock || !this.anchor) return undefined;
    const { at, media } = this.#screen.shown;
    const gatewayTime = milliseconds(performance.timeOrigin + at + this.clock.offset);
    return latencySinceEncoder(this.anchor, Seconds.ofMilliseconds(media), gatewayTime);
  }
}
