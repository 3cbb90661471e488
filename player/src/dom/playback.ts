import { milliseconds, seconds } from '@topicast/contracts/units';
import { latencyTarget } from '../core/latency.js';
import type { PlayerFacts } from '../core/player-state.js';
import { describeRenditions, judgePlayability } from '../core/renditions.js';
import type { PlayerOptions, PlayerRendition, PlayerStats, Problem, WantedRendition } from '../core/types.js';
import type { MediaFailure } from '../mse/media-sink.js';
import { canPlay, pageHasMedia } from '../mse/open-media.js';
import type { ToPage } from '../worker/messages.js';
import { AttachedMedia, detachMedia } from './attached-media.js';
import { Playhead } from './playhead.js';
import { Report } from './report.js';
import { Screen } from './screen.js';
import { pageHasWorklets, Sound } from './sound.js';
import { TimedTexts } from './timed-texts.js';
import { WorkerHost } from './worker-host.js';

/** Who asks for more is in no hurry, and the sound outside of the media source has room for some seconds only. */
const MOST_OUTSIDE_MS = 1_000;

export type PlaybackFacts = Omit<PlayerFacts, 'intent'>;

export interface PlaybackEvents {
  onFacts(facts: PlaybackFacts): void;
  /** A new media source is filled, and the playhead is where playback should begin. */
  onReady(): void;
  /** The page was hidden, and is visible again. */
  onSeenAgain(): void;
  /** The browser wants a click before it plays the sound. */
  onSoundRefused(): void;
  /** The stream's offer has arrived or has changed. */
  onCatalog(renditions: readonly PlayerRendition[]): void;
  /** The rendition that plays from here on. */
  onRendition(rendition: number): void;
}

/** From start to stop: owns the worker, the media in the video element, and its playhead. */
export class Playback {
  targetLatencyMs: number | undefined;
  readonly #video: HTMLVideoElement;
  readonly #urls: readonly string[];
  readonly #options: PlayerOptions;
  readonly #events: PlaybackEvents;
  readonly #host: WorkerHost;
  readonly #playhead: Playhead;
  readonly #screen: Screen;
  readonly #report: Report;
  readonly #texts: TimedTexts;
  readonly #listening = new AbortController();
  #facts: PlaybackFacts = { link: { status: 'connecting' }, picture: 'none' };
  #media: AttachedMedia | undefined;
  /** Outside of the media source. */
  #sound: Sound | undefined;
  #hasAudioTrack = false;
  /** Media on the page: the burst has been sent, but is not in the source buffers yet. */
  #joining: { readonly hasAudio: boolean } | undefined;

  constructor(
    video: HTMLVideoElement,
    urls: readonly string[],
    options: PlayerOptions,
    events: PlaybackEvents,
  ) {
    this.#video = video;
    this.#urls = urls;
    this.#options = options;
    this.#events = events;
    this.targetLatencyMs = options.targetLatencyMs;
    this.#playhead = new Playhead(video, () => this.#isFed(), {
      onPicture: (picture) => this.#learn({ picture }),
      onReady: () => events.onReady(),
    });
    this.#screen = new Screen(video, () => this.#facts.stream === 'live');
    this.#texts = new TimedTexts(video);
    this.#report = new Report(video, this.#playhead, this.#screen);
    this.#host = new WorkerHost(options.workerSrc, {
      onMessage: (message) => this.#receive(message),
      onFailed: (problem) => this.#fail(problem),
    });
    const { signal } = this.#listening;
    document.addEventListener('visibilitychange', () => document.hidden || events.onSeenAgain(), { signal });
    video.addEventListener('error', () => this.#onVideoError(), { signal });
    video.addEventListener('playing', () => this.#onPlaying(), { signal });
    video.requestVideoFrameCallback?.((_, { presentationTime }) => this.#report.endJoin(presentationTime));
  }

  /** Browsers pause a video without an audio track while it is out of sight, and go on when it is seen again. */
  get isPausedByBrowser(): boolean {
    return document.hidden && this.#video.paused && !this.#hasAudioTrack;
  }

  /** Disconnect; the picture stays. */
  hold(): void {
    if (this.#sound) this.#sound.held = true;
    this.#host.post({ type: 'hold' });
  }

  resume(): void {
    this.#playhead.expectJoin();
    if (this.#sound) this.#sound.held = false;
    this.#host.post({ type: 'resume' });
  }

  setRendition(rendition: WantedRendition): void {
    this.#host.post({ type: 'rendition', rendition });
  }

  /** Tell the worker where playback is, and report statistics. Call this about once a second. */
  report(): PlayerStats {
    // A picture that the browser has paused will go on at the live edge: keep nothing for it.
    const playhead = this.isPausedByBrowser ? this.#playhead.end : seconds(this.#video.currentTime);
    this.#host.post({ type: 'playhead', playhead });
    const textsDropped = this.#texts.dropped;
    return { ...this.#report.stats(this.#facts.picture !== 'none'), textsDropped };
  }

  close(): void {
    this.#listening.abort();
    this.#playhead.close();
    this.#screen.close();
    this.#sound?.close();
    this.#host.close();
    this.#media?.close();
    detachMedia(this.#video);
  }

  #receive(message: ToPage): void {
    switch (message.type) {
      case 'ready':
        this.#start(message.hasMedia);
        break;
      case 'media':
        this.#attach(message.media, message.handle);
        break;
      case 'fragments':
        this.#append(message);
        break;
      case 'joined':
        this.#onJoined(message);
        break;
      case 'texts':
        this.#texts.show(message.texts);
        break;
      case 'edge':
        if (message.media === this.#media?.number) this.#playhead.setEdge(message.edge);
        break;
      case 'link':
        this.#learn({ link: message.link });
        break;
      case 'stream':
        this.#learn({ stream: message.stream });
        break;
      case 'catalog':
        this.#onCatalog(message);
        break;
      case 'rendition':
        this.#report.rendition = message.rendition;
        this.#events.onRendition(message.rendition);
        break;
      case 'sound':
        this.#onSound(message);
        break;
      case 'clock':
        this.#report.clock = message.clock;
        break;
      case 'arrivals':
        this.#playhead.evidence = message.evidence;
        break;
      case 'anchor':
        this.#report.anchor = message.anchor;
        break;
      case 'counters':
        this.#report.count(message.counters);
        break;
    }
  }

  #start(workerHasMedia: boolean): void {
    const inWorker = workerHasMedia && this.#options.mediaIn !== 'page' && 'MediaSourceHandle' in globalThis;
    if (!inWorker && !pageHasMedia()) {
      this.#fail({ reason: 'unsupported', message: 'This browser has no Media Source Extensions.' });
      return;
    }
    const mediaIn = inWorker ? 'worker' : 'page';
    const { token, rendition = 'auto' } = this.#options;
    this.#report.mediaIn = mediaIn;
    const target = this.targetLatencyMs ?? 0;
    // The browser's own controls have a volume only for media with an audio track.
    const outside =
      this.#options.sound !== 'mse' &&
      !this.#video.controls &&
      pageHasWorklets() &&
      target <= MOST_OUTSIDE_MS;
    const sound = outside ? 'worklet' : 'media';
    this.#host.post({ type: 'start', urls: this.#urls, token, rendition, mediaIn, sound });
  }

  #onSound(message: Extract<ToPage, { type: 'sound' }>): void {
    this.#sound?.close();
    this.#sound = undefined;
    this.#report.soundIn = message.in;
    this.#report.sound = undefined;
    if (message.in === 'media') return;
    this.#sound = new Sound(this.#video, message.sampleRate, this.#options.workletSrc, {
      lag: () => this.#playhead.soundLag,
      onPort: (port) => this.#host.post({ type: 'listen', port }, port ? [port] : []),
      onReport: (report) => {
        this.#report.sound = report;
        if (report.leastMs !== undefined) this.#playhead.supplySound(milliseconds(report.leastMs));
      },
      onRefused: () => this.#events.onSoundRefused(),
      onFailed: (message) => this.#host.post({ type: 'sound-failed', message }),
    });
  }

  #attach(number: number, handle: MediaSourceHandle | undefined): void {
    this.#media?.close();
    this.#playhead.reset();
    this.#joining = undefined;
    this.#media = new AttachedMedia(this.#video, number, handle, {
      onAppended: (edge) => {
        this.#playhead.setEdge(edge);
        if (this.#joining) this.#join(this.#joining.hasAudio);
      },
      onFailed: (failure) => this.#onMediaFailed(failure),
    });
  }

  #append({ media, fragments }: Extract<ToPage, { type: 'fragments' }>): void {
    if (media !== this.#media?.number) return;
    this.#host.post({ type: 'taken', bytes: this.#media.append(fragments) });
  }

  #onJoined({ media, tracks }: Extract<ToPage, { type: 'joined' }>): void {
    if (media !== this.#media?.number) return;
    const hasAudio = tracks.includes('audio');
    if (this.#report.mediaIn === 'worker') this.#join(hasAudio);
    else this.#joining = { hasAudio };
  }

  #join(hasAudio: boolean): void {
    this.#joining = undefined;
    this.#hasAudioTrack = hasAudio;
    this.#playhead.join(latencyTarget(hasAudio, this.targetLatencyMs), hasAudio);
  }

  #onCatalog({ catalog }: Extract<ToPage, { type: 'catalog' }>): void {
    // The worker may have no MediaSource to ask. The page answers before it appends the fragments that follow.
    if (this.#report.mediaIn === 'page') {
      this.#host.post({ type: 'playability', playability: judgePlayability(catalog, canPlay) });
    }
    this.#events.onCatalog(describeRenditions(catalog, canPlay));
  }

  #isFed(): boolean {
    return this.#facts.link.status === 'open' && this.#facts.stream === 'live';
  }

  #onVideoError(): void {
    const { error } = this.#video;
    if (error) this.#onMediaFailed({ kind: 'broken', message: error.message || `media error ${error.code}` });
  }

  #onMediaFailed(failure: MediaFailure): void {
    if (this.#media) this.#host.post({ type: 'media-failed', media: this.#media.number, failure });
  }

  #onPlaying(): void {
    const framesAreTimed = this.#video.videoWidth > 0 && 'requestVideoFrameCallback' in this.#video;
    if (!framesAreTimed) this.#report.endJoin(performance.now());
  }

  #fail(problem: Problem): void {
    this.#learn({ link: { status: 'failed', problem } });
  }

  #learn(change: Partial<PlaybackFacts>): void {
    this.#facts = { ...this.#facts, ...change };
    this.#events.onFacts(this.#facts);
  }
}
