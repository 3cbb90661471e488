import { seconds } from '@topicast/contracts/units';
import type { PictureState, PlayerFacts } from '../core/player-state.js';
import { describeRenditions, judgePlayability } from '../core/renditions.js';
import type {
  PlayerLimits,
  PlayerOptions,
  PlayerRendition,
  PlayerStats,
  Problem,
  TraceChange,
  WantedRendition,
} from '../core/types.js';
import { canPlay, pageHasMedia } from '../mse/support.js';
import type { ToPage } from '../worker/messages.js';
import { canShowTracks, loadPictureTrack } from './engines.js';
import type { GroupStep } from './group-step.js';
import { inTime } from './in-time.js';
import { Memory } from './memory.js';
import type { Pace } from './pace.js';
import { waysProgram } from './programs.js';
import { Report } from './report.js';
import { Screen } from './screen.js';
import { SoundRoute } from './sound-route.js';
import { Stage } from './stage.js';
import { TimedTexts } from './timed-texts.js';
import type { ViewerWatch } from './viewer-watch.js';
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
  /** For the trace. */
  onChange(change: TraceChange): void;
}

/** A worker that has not answered by then is gone, or hangs. */
const ANSWER_MS = 1_000;

const NO_SOURCES: Problem = {
  reason: 'unsupported',
  message:
    'topicast-mse.js does not load: put it beside the player (mse.js beside worker-src) or allow blob: in script-src.',
};

/** From start to stop: owns the worker, and what the video element plays. */
export class Playback {
  targetLatencyMs: number | undefined;
  readonly #video: HTMLVideoElement;
  readonly #urls: readonly string[];
  readonly #options: PlayerOptions;
  readonly #events: PlaybackEvents;
  readonly #host: WorkerHost;
  readonly #stage: Stage;
  readonly #screen: Screen;
  readonly #report: Report;
  readonly #texts: TimedTexts;
  readonly #memory: Memory;
  #limits: PlayerLimits;
  /** Of what matters for the choice of a rendition. */
  #watch: ViewerWatch | undefined;
  readonly #sound: SoundRoute;
  readonly #listening = new AbortController();
  /** Until the script that steers players of a group is there. */
  readonly #joining: Promise<void>;
  #step: GroupStep | undefined;
  #wantsPicture = true;
  /** The stream has only sound at present. */
  #picturesPause = false;
  /** The sound goes on without the picture, until that moves again. */
  #isAlone = false;
  /** The picture has begun again, whoever wanted it. */
  #isBack = false;
  #facts: PlaybackFacts = { link: { status: 'connecting' }, picture: 'none' };
  /** Loads the program that chooses among several renditions. */
  #adaptive: Promise<void> | undefined;
  /** Loads the engine that fills media sources. */
  #sources: Promise<void> | undefined;
  #onArrivals: ((arrivals: Float64Array) => void) | undefined;
  /** In the media source; undefined before that is known. */
  #hasAudioTrack: boolean | undefined;

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
    this.#host = new WorkerHost(options.workerSrc, {
      onMessage: (message) => this.#receive(message),
      onFailed: (problem) => this.#fail(problem),
    });
    this.#stage = new Stage({
      video,
      host: this.#host,
      workerSrc: options.workerSrc,
      wanted: () => this.targetLatencyMs,
      isFed: () => this.#isFed,
      rests: () => this.#isAlone,
      stepper: () => this.#step,
      pace: {
        onPicture: (picture) => this.#onPicture(picture),
        onReady: () => events.onReady(),
        onDecision: (decision) => events.onChange(decision),
      },
      onChange: (pictureIn) => {
        this.#report.pictureIn = pictureIn;
        this.#screen.reset();
      },
      onJoin: (hasAudio) => this.#onJoin(hasAudio),
    });
    this.#screen = new Screen(
      video,
      () => (this.#isAlone ? undefined : this.#facts.stream),
      () => this.#pace,
    );
    this.#texts = new TimedTexts(video);
    this.#report = new Report(video, () => this.#pace, this.#screen);
    this.#memory = new Memory(urls[0]!);
    this.#limits = options;
    this.#sound = new SoundRoute({
      video,
      options,
      host: this.#host,
      pace: () => this.#pace,
      screen: this.#screen,
      report: this.#report,
      onRefused: () => events.onSoundRefused(),
    });
    this.#joining = this.#joinGroup(options.sync);
    // While the worker starts.
    if (this.#wantsTrack(this.#chooseSound())) void loadPictureTrack();
    else this.#openSources();
    const { signal } = this.#listening;
    const onVisibility = () => {
      this.#screen.look();
      if (!document.hidden) events.onSeenAgain();
    };
    document.addEventListener('visibilitychange', onVisibility, { signal });
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
    this.#pace.expectJoin();
    this.#sound.hold(false);
    this.#host.post({ type: 'resume' });
  }

  setRendition(rendition: WantedRendition): void {
    this.#host.post({ type: 'rendition', rendition });
  }

  /** False: only the sound is of use. A media source, however, stands without its picture. */
  wantPicture(wanted: boolean): void {
    const wants = wanted || !this.#sound.isBeside;
    if (wants === this.#wantsPicture) return;
    this.#wantsPicture = wants;
    this.#host.post({ type: 'want-picture', wanted: wants });
  }

  set limits(limits: PlayerLimits) {
    this.#limits = limits;
    this.#tellFacts();
  }

  /** Statistics, and the age of the oldest chunk of the last moment. */
  sample(): { readonly stats: PlayerStats; readonly arrivalMs: number | undefined } {
    const textsDropped = this.#texts.dropped;
    const ofGroup = this.#step?.stats;
    const stats = { ...this.#report.stats(this.#facts.picture !== 'none'), ...ofGroup, textsDropped };
    return { stats, arrivalMs: this.#report.arrivalAge?.most };
  }

  /** The worker's trace of arrivals; undefined if it does not answer. */
  arrivals(): Promise<Float64Array | undefined> {
    return new Promise((resolve) => {
      this.#onArrivals = resolve;
      setTimeout(() => resolve(undefined), ANSWER_MS);
      this.#host.post({ type: 'trace' });
    });
  }

  /** Tell the worker where playback is, and report statistics. Call this about once a second. */
  report(): PlayerStats {
    // A picture that the browser has paused will go on at the live edge: keep nothing for it.
    const playhead = this.isPausedByBrowser ? this.#pace.end : seconds(this.#video.currentTime);
    this.#host.post({ type: 'playhead', playhead });
    this.#watch?.look(this.#report.pictures);
    this.#tellFacts();
    return this.sample().stats;
  }

  close(): void {
    this.#listening.abort();
    this.#screen.close();
    this.#sound.close();
    this.#host.close();
    this.#stage.close();
  }

  #receive(message: ToPage): void {
    switch (message.type) {
      case 'ready':
        this.#start(message);
        break;
      case 'media':
      case 'track':
      case 'pictures':
      case 'fragments':
      case 'joined':
      case 'edge':
        this.#stage.receive(message);
        break;
      case 'pictures-failed':
        this.#report.pictureProblem = message.because;
        this.#stage.giveUpTrack();
        // In step with a media source on the page it would not be.
        if (this.#report.mediaIn === 'page') {
          this.#host.post({ type: 'sound-failed', message: message.because });
        }
        this.#openSources();
        break;
      case 'sources-failed':
        this.#lackSources(message.because);
        break;
      case 'texts':
        this.#texts.show(message.texts, this.#screen.timeOffset);
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
        this.#events.onChange({ rendition: message.rendition, reason: message.reason });
        break;
      case 'sound':
        this.#sound.receive(message);
        break;
      case 'clock':
        this.#report.clock = message.clock;
        break;
      case 'picture-left-out':
        this.#goAlone(true);
        if (this.#facts.picture === 'standing') this.#learn({ picture: 'moving' });
        break;
      case 'pictures-pause':
        this.#picturesPause = message.paused && this.#sound.isBeside;
        this.#tellSound();
        if (/standing|pausing/.test(this.#facts.picture)) this.#onPicture('standing');
        break;
      case 'sync':
        this.#report.sync = message.news;
        break;
      case 'arrivals':
        this.#pace.evidence = message.evidence;
        this.#report.arrivalAge = message.age ?? this.#report.arrivalAge;
        break;
      case 'anchor':
        this.#report.anchor = message.anchor;
        break;
      case 'trace':
        this.#onArrivals?.(message.arrivals);
        break;
      case 'counters':
        this.#report.count(message.counters);
        this.#memory.keep(this.#report.rendition, message.counters.reason);
        break;
    }
  }

  async #start(worker: Extract<ToPage, { type: 'ready' }>): Promise<void> {
    // As far as the page knows, the worker can have media sources.
    const takesHandles = this.#options.mediaIn !== 'page' && 'MediaSourceHandle' in globalThis;
    const inWorker = worker.hasMedia && takesHandles;
    if (!inWorker && !pageHasMedia()) {
      this.#fail({ reason: 'unsupported', message: 'This browser has no Media Source Extensions.' });
      return;
    }
    const mediaIn = inWorker ? 'worker' : 'page';
    const { token, rendition = 'auto', redundancy, sync, outOfSight, workerSrc } = this.#options;
    this.#report.mediaIn = mediaIn;
    const wanted = worker.decodesSound ? this.#chooseSound() : 'media';
    const wantsTrack = worker.decodesPictures && this.#wantsTrack(wanted);
    await this.#joining;
    const pictures = wantsTrack ? await this.#stage.openTrack() : undefined;
    // Elsewhere the browser's word about what is seen and heard is not exact enough.
    const sound = inWorker || pictures ? wanted : 'media';
    if (!pictures) this.#openSources();
    const startWith = this.#memory.rendition;
    const urls = this.#urls;
    const ways = redundancy === 2 ? await waysProgram(workerSrc) : undefined;
    if (this.#listening.signal.aborted) return;
    const wishes = { token, ways, rendition, startWith, mediaIn, sound, pictures } as const;
    this.#host.post({ type: 'start', urls, ...wishes, sync, mayLeavePicture: outOfSight === 'audio' });
  }

  #chooseSound(): 'worklet' | 'media' {
    return this.#sound.choose(this.targetLatencyMs);
  }

  #wantsTrack(sound: 'worklet' | 'media'): boolean {
    const { picture, mediaIn } = this.#options;
    const mayDecode = picture !== 'mse' && mediaIn !== 'page';
    return sound === 'worklet' && mayDecode && canShowTracks(this.#video);
  }

  /** Pictures that the worker does not decode go into media sources. */
  #openSources(): void {
    this.#sources ??= this.#stage.openSources().then((program) => {
      if (program) this.#host.post({ type: 'sources', program });
      else this.#lackSources(NO_SOURCES.message);
    });
  }

  /** Until its decoder fails, a track plays without them. */
  #lackSources(because: string): void {
    console.warn('topicast-player: no media sources:', because);
    this.#sources = undefined;
    if (!this.#stage.hasTrack && this.#facts.link.status !== 'failed') this.#fail(NO_SOURCES);
  }

  /** Without its script, the player goes alone. */
  async #joinGroup(group: string | undefined): Promise<void> {
    if (group === undefined) return;
    const script = await inTime(import('./group-step.js'));
    if (!script) console.warn('topicast-player: not in step');
    if (!script || this.#listening.signal.aborted) return;
    const problem = script.badGroup(group);
    if (problem) return this.#fail(problem);
    this.#step = new script.GroupStep({
      screen: this.#screen,
      report: this.#report,
      tell: (needs) => this.#host.post({ type: 'sync', needs }),
    });
  }

  #tellFacts(): void {
    if (this.#watch) this.#host.post({ type: 'facts', facts: this.#watch.factsFor(this.#limits) });
  }

  #onJoin(hasAudio: boolean): void {
    this.#hasAudioTrack = hasAudio;
    if (hasAudio) this.#report.soundIn = 'media';
    // What is left of the picture is old.
    if (this.#isAlone) {
      this.#isBack = true;
      this.#pace.expectJoin();
    }
    this.#pace.join(this.targetLatencyMs, hasAudio);
    if (this.#picturesPause) this.#onPicture('standing');
  }

  #onCatalog({ catalog }: Extract<ToPage, { type: 'catalog' }>): void {
    // The worker may have no MediaSource to ask. The page answers before it appends the fragments that follow.
    if (this.#report.mediaIn === 'page') {
      this.#host.post({ type: 'playability', playability: judgePlayability(catalog, canPlay) });
    }
    this.#events.onCatalog(describeRenditions(catalog, canPlay));
    // Sound alone is for a media source.
    const hasPicture = catalog.renditions.some(({ tracks }) => tracks.some(({ kind }) => kind === 'video'));
    if (!hasPicture) this.#openSources();
    if (catalog.renditions.length > 1) this.#adapt();
  }

  /** Several renditions: from now on the worker chooses. */
  #adapt(): void {
    this.#adaptive ??= import('./adaptive-program.js').then(
      (script) => {
        this.#watch = new script.ViewerWatch(this.#video);
        this.#tellFacts();
        this.#host.post({ type: 'adaptive', program: script.adaptiveProgram(this.#options.workerSrc) });
      },
      (error) => console.warn('topicast-player: the rendition stays:', error),
    );
  }

  get #pace(): Pace {
    return this.#stage.pace;
  }

  get #isFed(): boolean {
    return (
      !this.#isAlone &&
      !this.#picturesPause &&
      this.#facts.link.status === 'open' &&
      this.#facts.stream === 'live'
    );
  }

  #goAlone(alone: boolean): void {
    this.#isAlone = alone;
    this.#isBack = false;
    this.#tellSound();
  }

  #tellSound(): void {
    this.#sound.goAlone(this.#isAlone || this.#picturesPause);
  }

  #onPicture(picture: PictureState): void {
    if (this.#isAlone && picture === 'standing') return;
    if (this.#isAlone && (this.#wantsPicture || this.#isBack)) this.#goAlone(false);
    this.#learn({ picture: picture === 'standing' && this.#picturesPause ? 'pausing' : picture });
  }

  #onVideoError(): void {
    const { error } = this.#video;
    if (error) this.#stage.fail({ kind: 'broken', message: error.message || `media error ${error.code}` });
  }

  #onPlaying(): void {
    const framesAreTimed = this.#video.videoWidth > 0 && 'requestVideoFrameCallback' in this.#video;
    if (!framesAreTimed) this.#report.endJoin(performance.now());
  }

  #fail(problem: Problem): void {
    if (this.#listening.signal.aborted) return;
    this.#host.close();
    this.#learn({ link: { status: 'failed', problem } });
  }

  #learn(change: Partial<PlaybackFacts>): void {
    this.#facts = { ...this.#facts, ...change };
    this.#events.onChange(change);
    this.#events.onFacts(this.#facts);
  }
}
