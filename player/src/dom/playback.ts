import { seconds } from '@topicast/contracts/units';
import { latencyTarget } from '../core/latency.js';
import type { PlayerFacts } from '../core/player-state.js';
import { describeRenditions, judgePlayability } from '../core/renditions.js';
import type {
  PlayerLimits,
  PlayerOptions,
  PlayerRendition,
  PlayerStats,
  Problem,
  WantedRendition,
} from '../core/types.js';
import type { MediaFailure } from '../mse/media-sink.js';
import { canPlay, pageHasMedia } from '../mse/open-media.js';
import type { ToPage } from '../worker/messages.js';
import { AttachedMedia, detachMedia } from './attached-media.js';
import { Memory } from './memory.js';
import { Playhead } from './playhead.js';
import { Report } from './report.js';
import { Screen } from './screen.js';
import { SoundRoute } from './sound-route.js';
import { TimedTexts } from './timed-texts.js';
import { ViewerWatch } from './viewer-watch.js';
import { WorkerHost } from './worker-host.js';

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
  readonly #memory: Memory;
  readonly #watch: ViewerWatch;
  readonly #sound: SoundRoute;
  readonly #listening = new AbortController();
  #facts: PlaybackFacts = { link: { status: 'connecting' }, picture: 'none' };
  #media: AttachedMedia | undefined;
  /** In the media source; undefined before that is known. */
  #hasAudioTrack: boolean | undefined;
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
    this.#memory = new Memory(urls[0]!);
    this.#watch = new ViewerWatch(video, options);
    this.#host = new WorkerHost(options.workerSrc, {
      onMessage: (message) => this.#receive(message),
      onFailed: (problem) => this.#fail(problem),
    });
    this.#sound = new SoundRoute({
      video,
      options,
      host: this.#host,
      playhead: this.#playhead,
      report: this.#report,
      onRefused: () => events.onSoundRefused(),
    });
    const { signal } = this.#listening;
    document.addEventListener('visibilitychange', () => document.hidden || events.onSeenAgain(), { signal });
    video.addEventListener('error', () => this.#onVideoError(), { signal });
    video.addEventListener('playing', () => this.#onPlaying(), { signal });
    video.requestVideoFrameCallback?.((_, { presentationTime }) => this.#report.endJoin(presentationTime));
  }

  /** Whether the stream has sound; undefined before that is known. */
  get hasSound(): boolean | undefined {
    return this.#sound.isBeside || this.#hasAudioTrack;
  }

  /**
   * Browsers pause a video without an audio track while its page is hidden, and go on when it is seen again. The sound
   * beside it goes on meanwhile.
   */
  get isPausedByBrowser(): boolean {
    const { paused, muted, volume } = this.#video;
    return document.hidden && paused && this.#sound.isBeside && !muted && volume > 0;
  }

  /** Disconnect; the picture stays. */
  hold(): void {
    this.#sound.hold(true);
    this.#host.post({ type: 'hold' });
  }

  resume(): void {
    this.#playhead.expectJoin();
    this.#sound.hold(false);
    this.#host.post({ type: 'resume' });
  }

  setRendition(rendition: WantedRendition): void {
    this.#host.post({ type: 'rendition', rendition });
  }

  set limits(limits: PlayerLimits) {
    this.#watch.limits = limits;
    this.#tellFacts();
  }

  /** Tell the worker where playback is, and report statistics. Call this about once a second. */
  report(): PlayerStats {
    // A picture that the browser has paused will go on at the live edge: keep nothing for it.
    const playhead = this.isPausedByBrowser ? this.#playhead.end : seconds(this.#video.currentTime);
    this.#host.post({ type: 'playhead', playhead });
    this.#watch.look();
    this.#tellFacts();
    const textsDropped = this.#texts.dropped;
    return { ...this.#report.stats(this.#facts.picture !== 'none'), textsDropped };
  }

  close(): void {
    this.#listening.abort();
    this.#playhead.close();
    this.#screen.close();
    this.#sound.close();
    this.#host.close();
    this.#media?.close();
    detachMedia(this.#video);
  }

  #receive(message: ToPage): void {
    switch (message.type) {
      case 'ready':
        this.#start(message);
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
        this.#sound.receive(message);
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
        this.#memory.keep(this.#report.rendition, message.counters.reason);
        break;
    }
  }

  #start({ hasMedia, decodesSound }: Extract<ToPage, { type: 'ready' }>): void {
    const inWorker = hasMedia && this.#options.mediaIn !== 'page' && 'MediaSourceHandle' in globalThis;
    if (!inWorker && !pageHasMedia()) {
      this.#fail({ reason: 'unsupported', message: 'This browser has no Media Source Extensions.' });
      return;
    }
    const mediaIn = inWorker ? 'worker' : 'page';
    const { token, rendition = 'auto' } = this.#options;
    this.#report.mediaIn = mediaIn;
    // Elsewhere the browser's word about what is seen and heard is not exact enough.
    const sound = inWorker && decodesSound ? this.#sound.choose(this.targetLatencyMs) : 'media';
    const startWith = this.#memory.rendition;
    this.#host.post({ type: 'start', urls: this.#urls, token, rendition, startWith, mediaIn, sound });
    this.#tellFacts();
  }

  #tellFacts(): void {
    this.#host.post({ type: 'facts', facts: this.#watch.facts });
  }

  #attach(number: number, handle: MediaSourceHandle | undefined): void {
    this.#media?.close();
    this.#playhead.reset();
    this.#screen.reset();
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
    if (hasAudio) this.#report.soundIn = 'media';
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
