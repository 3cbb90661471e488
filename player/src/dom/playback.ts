import { milliseconds, seconds } from '@topicast/contracts/units';
import type { ClockEstimate } from '../core/clock.js';
import { DEFAULT_TARGET_MS } from '../core/latency.js';
import type { PlayerFacts } from '../core/player-state.js';
import { latencySinceEncoder, type TimelineAnchor } from '../core/timeline.js';
import type { PlayerOptions, PlayerStats, Problem } from '../core/types.js';
import type { MediaFailure } from '../mse/media-sink.js';
import { pageHasMedia } from '../mse/open-media.js';
import type { ToPage, WorkerCounters } from '../worker/messages.js';
import { AttachedMedia, detachMedia } from './attached-media.js';
import { Playhead } from './playhead.js';
import { WorkerHost } from './worker-host.js';

export type PlaybackFacts = Omit<PlayerFacts, 'intent'>;

export interface PlaybackEvents {
  onFacts(facts: PlaybackFacts): void;
  /** A new media source is filled, and the playhead where it is to begin. */
  onReady(): void;
}

const NO_COUNTERS: WorkerCounters = {
  chunks: 0,
  bytes: 0,
  lost: 0,
  skipped: 0,
  reconnects: 0,
  at: milliseconds(0),
};

/** From start to stop: owns the worker, the media in the video element, and its playhead. */
export class Playback {
  targetLatencyMs: number | undefined;
  private facts: PlaybackFacts = { link: { status: 'connecting' }, picture: 'none' };
  private readonly host: WorkerHost;
  private readonly playhead: Playhead;
  private media: AttachedMedia | undefined;
  private mediaIn: 'worker' | 'page' = 'page';
  private clock: ClockEstimate | undefined;
  private anchor: TimelineAnchor | undefined;
  private counters = NO_COUNTERS;
  private bitrate = 0;
  private readonly startedAt = performance.now();
  private joinMs: number | undefined;
  /** Media on the page: the burst has been sent, and is not in the source buffers yet. */
  private joining: { readonly hasAudio: boolean } | undefined;
  private readonly listening = new AbortController();

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly urls: readonly string[],
    private readonly options: PlayerOptions,
    private readonly events: PlaybackEvents,
  ) {
    this.targetLatencyMs = options.targetLatencyMs;
    this.playhead = new Playhead(video, () => this.isFed(), {
      onPicture: (picture) => this.learn({ picture }),
      onReady: () => events.onReady(),
    });
    this.host = new WorkerHost(options.workerSrc, {
      onMessage: (message) => this.receive(message),
      onFailed: (problem) => this.fail(problem),
    });
    const { signal } = this.listening;
    video.addEventListener('error', () => this.onVideoError(), { signal });
    video.addEventListener('playing', () => this.onPlaying(), { signal });
    video.requestVideoFrameCallback?.((_, { presentationTime }) => this.endJoin(presentationTime));
  }

  /** Disconnect; the picture stays. */
  hold(): void {
    this.host.post({ type: 'hold' });
  }

  resume(): void {
    this.playhead.expectJoin();
    this.host.post({ type: 'resume' });
  }

  /** Tell the worker where playback is, and say how it goes. Call it about once a second. */
  report(): PlayerStats {
    this.host.post({ type: 'playhead', playhead: seconds(this.video.currentTime) });
    const { totalVideoFrames = 0, droppedVideoFrames = 0 } = this.video.getVideoPlaybackQuality?.() ?? {};
    const { chunks, lost, skipped, reconnects } = this.counters;
    return {
      ...present('latencyMs', this.latencyMs()),
      ...present('levelMs', this.playhead.levelMs),
      targetMs: this.playhead.targetMs,
      playbackRate: this.video.playbackRate,
      bitrate: this.bitrate,
      framesDecoded: totalVideoFrames,
      framesDropped: droppedVideoFrames,
      stalls: this.playhead.stalls,
      seeks: this.playhead.seeks,
      reconnects,
      chunksReceived: chunks,
      chunksLost: lost,
      chunksSkipped: skipped,
      ...present('joinMs', this.joinMs),
      ...present('roundTripMs', this.clock?.roundTrip),
      ...present('width', this.video.videoWidth || undefined),
      ...present('height', this.video.videoHeight || undefined),
      mediaIn: this.mediaIn,
    };
  }

  close(): void {
    this.listening.abort();
    this.playhead.close();
    this.host.close();
    this.media?.close();
    detachMedia(this.video);
  }

  private receive(message: ToPage): void {
    switch (message.type) {
      case 'ready':
        this.start(message.hasMedia);
        break;
      case 'media':
        this.attach(message.media, message.handle);
        break;
      case 'fragments':
        this.append(message);
        break;
      case 'joined':
        this.onJoined(message);
        break;
      case 'edge':
        if (message.media === this.media?.number) this.playhead.setEdge(message.edge);
        break;
      case 'link':
        this.learn({ link: message.link });
        break;
      case 'stream':
        this.learn({ stream: message.stream });
        break;
      case 'clock':
        this.clock = message.clock;
        break;
      case 'anchor':
        this.anchor = message.anchor;
        break;
      case 'counters':
        this.count(message.counters);
        break;
    }
  }

  private start(workerHasMedia: boolean): void {
    const inWorker = workerHasMedia && this.options.mediaIn !== 'page' && 'MediaSourceHandle' in globalThis;
    if (!inWorker && !pageHasMedia()) {
      this.fail({ reason: 'unsupported', message: 'This browser has no Media Source Extensions.' });
      return;
    }
    this.mediaIn = inWorker ? 'worker' : 'page';
    this.host.post({ type: 'start', urls: this.urls, token: this.options.token, mediaIn: this.mediaIn });
  }

  private attach(number: number, handle: MediaSourceHandle | undefined): void {
    this.media?.close();
    this.playhead.reset();
    this.joining = undefined;
    this.media = new AttachedMedia(this.video, number, handle, {
      onAppended: (edge) => {
        this.playhead.setEdge(edge);
        if (this.joining) this.join(this.joining.hasAudio);
      },
      onFailed: (failure) => this.onMediaFailed(failure),
    });
  }

  private append({ media, fragments }: Extract<ToPage, { type: 'fragments' }>): void {
    if (media !== this.media?.number) return;
    this.host.post({ type: 'taken', bytes: this.media.append(fragments) });
  }

  private onJoined({ media, tracks }: Extract<ToPage, { type: 'joined' }>): void {
    if (media !== this.media?.number) return;
    const hasAudio = tracks.includes('audio');
    if (this.mediaIn === 'worker') this.join(hasAudio);
    else this.joining = { hasAudio };
  }

  private join(hasAudio: boolean): void {
    this.joining = undefined;
    const usual = hasAudio ? DEFAULT_TARGET_MS.withAudio : DEFAULT_TARGET_MS.videoOnly;
    this.playhead.join(milliseconds(this.targetLatencyMs ?? usual));
  }

  private count(counters: WorkerCounters): void {
    const passed = counters.at - this.counters.at;
    // Two reports can come within one tick of the browser's clock.
    if (passed > 0) this.bitrate = Math.round(((counters.bytes - this.counters.bytes) * 8000) / passed);
    this.counters = counters;
  }

  private latencyMs(): number | undefined {
    if (!this.clock || !this.anchor || this.facts.picture === 'none') return undefined;
    const gatewayNow = milliseconds(performance.timeOrigin + performance.now() + this.clock.offset);
    return latencySinceEncoder(this.anchor, seconds(this.video.currentTime), gatewayNow);
  }

  private isFed(): boolean {
    return this.facts.link.status === 'open' && this.facts.stream === 'live';
  }

  private onVideoError(): void {
    const { error } = this.video;
    if (error) this.onMediaFailed({ kind: 'broken', message: error.message || `media error ${error.code}` });
  }

  private onMediaFailed(failure: MediaFailure): void {
    if (this.media) this.host.post({ type: 'media-failed', media: this.media.number, failure });
  }

  private onPlaying(): void {
    const framesAreTimed = this.video.videoWidth > 0 && 'requestVideoFrameCallback' in this.video;
    if (!framesAreTimed) this.endJoin(performance.now());
  }

  private endJoin(at: number): void {
    this.joinMs ??= at - this.startedAt;
  }

  private fail(problem: Problem): void {
    this.learn({ link: { status: 'failed', problem } });
  }

  private learn(change: Partial<PlaybackFacts>): void {
    this.facts = { ...this.facts, ...change };
    this.events.onFacts(this.facts);
  }
}

const present = <Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [key in Name]?: Value } => (value === undefined ? {} : ({ [name]: value } as { [key in Name]: Value }));
