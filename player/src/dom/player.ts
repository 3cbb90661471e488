import { badAddress } from '../core/bad-address.js';
import { wallClockNow } from '../core/clock.js';
import { derivePlayerState, type PlayerFacts } from '../core/player-state.js';
import { Trace } from '../core/trace.js';
import type {
  Diagnostics,
  PlayerLimits,
  PlayerOptions,
  PlayerRendition,
  PlayerState,
  PlayerStats,
  TraceSample,
  WantedRendition,
} from '../core/types.js';
import { streamAddresses } from './address.js';
import { playOrMute } from './autoplay.js';
import { Interruptions } from './interruptions.js';
import { Playback, type PlaybackFacts } from './playback.js';

export interface PlayerEventMap {
  statechange: CustomEvent<PlayerState>;
  /** The stream's renditions, the best first; fired when they become known or change. */
  catalogchange: CustomEvent<readonly PlayerRendition[]>;
  /** Another rendition, or the first one, plays from here on. */
  renditionchange: CustomEvent<{ readonly rendition: number }>;
  /** About once a second while not idle. */
  stats: CustomEvent<PlayerStats>;
  /** The browser refused to play with sound, so it plays without. */
  autoplaymuted: Event;
  /** The browser refused to play at all: call `play()` from a click. */
  autoplayblocked: Event;
}

const STATS_PERIOD_MS = 1_000;
const SAMPLE_PERIOD_MS = 250;

/** What an event target is to somebody who knows its events. */
interface PlayerEventTarget extends Pick<EventTarget, 'dispatchEvent'> {
  addEventListener<Type extends keyof PlayerEventMap>(
    type: Type,
    listener: (event: PlayerEventMap[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof PlayerEventMap>(
    type: Type,
    listener: (event: PlayerEventMap[Type]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
}
const PlayerEventTarget = EventTarget as new () => PlayerEventTarget;

/**
 * Plays one stream in a video element. The element still belongs to the page: its volume, size and events work as ever.
 */
export class TopicastPlayer extends PlayerEventTarget {
  #video: HTMLVideoElement;
  #options: PlayerOptions;
  #intent: PlayerFacts['intent'] = 'stopped';
  #playback: Playback | undefined;
  #facts: PlaybackFacts | undefined;
  #state: PlayerState = { name: 'idle' };
  #stats: PlayerStats | undefined;
  #renditions: readonly PlayerRendition[] = [];
  #timers: ReturnType<typeof setInterval>[] = [];
  readonly #trace = new Trace();
  #promise: { resolve(): void; reject(error: DOMException): void } | undefined;
  #promised: Promise<void> | undefined;
  #listening = new AbortController();
  #interruptions: Interruptions;

  constructor(video: HTMLVideoElement, options: PlayerOptions) {
    super();
    this.#video = video;
    this.#options = options;
    const { signal } = this.#listening;
    // The event comes after the change that it reports, and by then the state may have changed again.
    video.addEventListener('play', () => !video.paused && this.#onPlay(), { signal });
    this.#interruptions = new Interruptions(video, options.outOfSight, {
      intent: () => this.#intent,
      hasSound: () => this.#playback?.hasSound ?? true,
      isPausedByBrowser: () => this.#playback?.isPausedByBrowser ?? false,
      wantPicture: (wanted) => this.#playback?.wantPicture(wanted),
      pause: () => this.#pauseAs('paused'),
      rest: () => {
        video.pause();
        this.#pauseAs('resting');
      },
      playOn: () => {
        this.#onPlay();
        void this.#tryPlay();
      },
    });
  }

  get state(): PlayerState {
    return this.#state;
  }

  /** Statistics of the last second; absent at first. */
  get stats(): PlayerStats | undefined {
    return this.#stats;
  }

  /** The statistics of the last minute, four times a second, oldest first. */
  get samples(): readonly TraceSample[] {
    return this.#trace.samples;
  }

  /**
   * What happened during the last minute, as JSON, for a report of a problem: decisions, arrivals, levels, problems and
   * connections. It contains no token and no query of an address.
   * @throws {Error} if `topicast-overlay.js` does not load
   */
  async diagnostics(): Promise<Diagnostics> {
    const [{ collectDiagnostics }, arrivals] = await Promise.all([
      import('./overlay.js'),
      this.#playback?.arrivals(),
    ]);
    const { samples, events } = this.#trace;
    return collectDiagnostics({
      ...{ video: this.#video, options: this.#options, state: this.#state, renditions: this.#renditions },
      ...{ samples, events, arrivals, now: wallClockNow() },
    });
  }

  /** What the stream offers, the best first; empty before that is known, and for streams without a catalog. */
  get renditions(): readonly PlayerRendition[] {
    return this.#renditions;
  }

  /** The rendition that is wanted; `stats` and `renditionchange` tell which one is playing. */
  get rendition(): WantedRendition {
    return this.#options.rendition ?? 'auto';
  }

  /**
   * The player changes to it at its next keyframe, without stopping the picture. It keeps the choice over reconnects,
   * and for the next `play`.
   */
  set rendition(rendition: WantedRendition) {
    if (rendition === this.rendition) return;
    this.#options = { ...this.#options, rendition };
    this.#playback?.setRendition(rendition);
  }

  /** What `auto` may choose; absent: everything. */
  set limits(limits: PlayerLimits) {
    const { maxHeight, maxBitrate } = limits;
    this.#options = { ...this.#options, maxHeight, maxBitrate };
    if (this.#playback) this.#playback.limits = limits;
  }

  /** The target level; absent: the default. Takes effect at the next join. */
  set targetLatencyMs(ms: number | undefined) {
    this.#options = { ...this.#options, targetLatencyMs: ms };
    if (this.#playback) this.#playback.targetLatencyMs = ms;
  }

  /**
   * Connect and play, or continue at the live edge after a pause. Resolves when the picture moves.
   * @throws {DOMException} NotAllowedError: the user has to click first; NotSupportedError: it failed for good, see
   * `state`; AbortError: it was stopped or paused before.
   */
  play(): Promise<void> {
    this.#promised ??= new Promise((resolve, reject) => {
      this.#promise = { resolve, reject };
    });
    const promised = this.#promised;
    if (this.#intent === 'stopped') this.#start();
    else if (this.#video.paused) this.#tryPlay();
    this.#update();
    // If the state is already right, no change event would come. A pause is about to end, which causes an event.
    if (this.#state.name !== 'paused') this.#settleBy(this.#state);
    return promised;
  }

  /** Keeps the picture, and disconnects until `play`. */
  pause(): void {
    this.#video.pause();
    this.#pauseAs('paused');
  }

  /** Ends everything; `play` starts again. */
  stop(): void {
    this.#intent = 'stopped';
    for (const timer of this.#timers) clearInterval(timer);
    this.#playback?.close();
    this.#playback = undefined;
    this.#facts = undefined;
    this.#renditions = [];
    this.#update();
  }

  /** Ends for good: the video element is free again. */
  destroy(): void {
    this.stop();
    this.#interruptions.close();
    this.#listening.abort();
  }

  #start(): void {
    this.#intent = 'playing';
    let urls: string[];
    try {
      urls = streamAddresses(this.#options.src);
    } catch {
      const { problem } = badAddress([this.#options.src].flat().join(' '));
      this.#facts = { link: { status: 'failed', problem }, picture: 'none' };
      return;
    }
    // While the user's click counts, Safari remembers that this element may play later. (`play` would begin before the
    // join.)
    this.#video.load();
    this.#playback = new Playback(this.#video, urls, this.#options, {
      onFacts: (facts) => {
        this.#facts = facts;
        this.#update();
      },
      onReady: () => {
        if (this.#intent === 'playing') this.#tryPlay();
      },
      onSeenAgain: () => {
        if (this.#intent === 'playing' && this.#video.paused) this.#tryPlay();
      },
      onSoundRefused: () => {
        this.#video.muted = true;
        this.#tell('autoplaymuted');
      },
      onCatalog: (renditions) => {
        this.#renditions = renditions;
        this.#tell('catalogchange', renditions);
      },
      onRendition: (rendition) => this.#tell('renditionchange', { rendition }),
      onChange: (change) => this.#trace.note(wallClockNow(), change),
    });
    this.#timers = [
      setInterval(() => this.#report(), STATS_PERIOD_MS),
      setInterval(() => this.#sample(), SAMPLE_PERIOD_MS),
    ];
  }

  async #tryPlay(): Promise<void> {
    const outcome = await playOrMute(this.#video);
    if (outcome === 'muted') this.#tell('autoplaymuted');
    if (outcome !== 'blocked' || this.#intent !== 'playing') return;
    this.#settle(new DOMException('the browser needs a click first', 'NotAllowedError'));
    this.#tell('autoplayblocked');
    this.#pauseAs('paused');
  }

  #pauseAs(intent: 'paused' | 'resting'): void {
    if (this.#intent === 'stopped' || this.#intent === intent) return;
    if (this.#intent === 'playing') this.#playback?.hold();
    this.#intent = intent;
    this.#update();
  }

  #onPlay(): void {
    if (this.#intent !== 'paused' && this.#intent !== 'resting') return;
    this.#intent = 'playing';
    this.#playback?.resume();
    this.#update();
  }

  #tell(type: keyof PlayerEventMap, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #report(): void {
    this.#interruptions.look();
    if (!this.#playback) return;
    this.#stats = this.#playback.report();
    this.#tell('stats', this.#stats);
  }

  #sample(): void {
    if (!this.#playback) return;
    const { stats, arrivalMs } = this.#playback.sample();
    this.#trace.sample(wallClockNow(), stats, arrivalMs);
  }

  #update(): void {
    const facts = this.#facts ?? { link: { status: 'connecting' }, picture: 'none' };
    const state = derivePlayerState({ ...facts, intent: this.#intent });
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#trace.note(wallClockNow(), { state });
    this.#tell('statechange', state);
    this.#settleBy(state);
  }

  #settleBy(state: PlayerState): void {
    if (state.name === 'playing') this.#settle();
    if (state.name === 'idle') this.#settle(new DOMException('stopped', 'AbortError'));
    if (state.name === 'paused') this.#settle(new DOMException('paused', 'AbortError'));
    if (state.name === 'failed') console.warn(state.problem.message);
    if (state.name === 'failed' && state.retry === 'never') {
      this.#settle(new DOMException(state.problem.message, 'NotSupportedError'));
    }
  }

  #settle(error?: DOMException): void {
    if (error) this.#promise?.reject(error);
    else this.#promise?.resolve();
    this.#promise = undefined;
    this.#promised = undefined;
  }
}
