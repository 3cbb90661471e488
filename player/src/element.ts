import { CustomVideoElement } from 'custom-media-element';
import type {
  Diagnostics,
  PlayerLimits,
  PlayerOptions,
  PlayerRendition,
  PlayerState,
  PlayerStats,
  WantedRendition,
} from './core/types.js';
import type { StatsOverlay } from './dom/overlay.js';
import { TopicastPlayer } from './dom/player.js';

export type {
  Diagnostics,
  PlayerRendition,
  PlayerState,
  PlayerStats,
  WantedRendition,
} from './core/types.js';

/** What the declarations say about the class below; otherwise they would refer to a package that is bundled in. */
interface VideoElementClass {
  new (): HTMLVideoElement & { readonly nativeEl: HTMLVideoElement };
  readonly observedAttributes: string[];
  getTemplateHTML(attributes: Record<string, string>): string;
}
const VideoElement = CustomVideoElement as unknown as VideoElementClass;
/** The same, with the life cycle that the class has but its declarations lack. */
const lifeCycle = CustomVideoElement.prototype as unknown as {
  attributeChangedCallback(name: string, before: string | null, after: string | null): void;
  connectedCallback(): void;
  disconnectedCallback(): void;
};

/** Attributes that the player begins with: another value means another player. */
const STREAM_ATTRIBUTES = [
  'src',
  'token',
  'redundancy',
  'worker-src',
  'worklet-src',
  'sound',
  'picture',
  'out-of-sight',
  'sync',
];
const LIMIT_ATTRIBUTES = ['max-height', 'max-bitrate'];
/** Those that a video element does not have, and `src`. */
const OWN_ATTRIBUTES = [
  ...STREAM_ATTRIBUTES,
  ...LIMIT_ATTRIBUTES,
  ...['rendition', 'target-latency', 'stats-overlay'],
];
/**
 * Attributes that the inner video element must not get: it would load `ws://` itself, and play before there is anything
 * to play.
 */
const KEPT_ATTRIBUTES = new Set([...OWN_ATTRIBUTES, 'autoplay']);

/** Of a media element: there is a picture, and nothing after it. */
const HAVE_CURRENT_DATA = 2;
/** Those of a media element that tell of a state. */
const EVENTS: Partial<Record<PlayerState['name'], string>> = {
  connecting: 'play',
  playing: 'playing',
  buffering: 'waiting',
  ended: 'waiting',
};

/** With their detail, where they have one. */
const REPEATED_EVENTS = [
  'statechange',
  'catalogchange',
  'renditionchange',
  'stats',
  'autoplaymuted',
  'autoplayblocked',
] as const;

/**
 * A video element whose source is a Topicast stream: `<topicast-player src="wss://host/live/demo" autoplay muted>`. It has
 * the interface of a media element, so that media controls work with it.
 *
 * Attributes beside those of `<video>`: `token`, `redundancy` (1 or 2), `rendition`, `max-height`, `max-bitrate` (bits a
 * second), `target-latency` (milliseconds), `sound`, `picture`, `stats-overlay`, `worker-src`, `worklet-src`,
 * `out-of-sight` (`pause`, `play` or `audio`), `sync` (the name of a group of players in step).
 * Events beside those of `<video>`: `statechange`, `catalogchange`, `renditionchange` and `stats` with their detail,
 * `autoplaymuted`, `autoplayblocked`, `statsoverlayclose`.
 */
export class TopicastPlayerElement extends VideoElement {
  #player: TopicastPlayer | undefined;
  /** A script may change several attributes at once; the player follows once, when the script is done. */
  #loadIsDue = false;
  #overlay: StatsOverlay | undefined;
  /** It was taken out of the page while it played. */
  #playsOnReturn = false;

  static override get observedAttributes(): string[] {
    return [...VideoElement.observedAttributes, ...OWN_ATTRIBUTES];
  }

  static override getTemplateHTML(attributes: Record<string, string>): string {
    const kept = Object.entries(attributes).filter(([name]) => !KEPT_ATTRIBUTES.has(name));
    return VideoElement.getTemplateHTML(Object.fromEntries(kept));
  }

  get state(): PlayerState {
    return this.#player?.state ?? { name: 'idle' };
  }

  get stats(): PlayerStats | undefined {
    return this.#player?.stats;
  }

  /** What the stream offers, the best first; empty before that is known, and for streams without a catalog. */
  get renditions(): readonly PlayerRendition[] {
    return this.#player?.renditions ?? [];
  }

  /** The rendition that is wanted, as in the attribute; `stats` and `renditionchange` tell which one is playing. */
  get rendition(): WantedRendition {
    return wantedRendition(this.getAttribute('rendition'));
  }

  set rendition(rendition: WantedRendition) {
    this.setAttribute('rendition', String(rendition));
  }

  /** Whether statistics are over the picture, or below a narrow one; as the attribute. */
  get statsOverlay(): boolean {
    return this.hasAttribute('stats-overlay');
  }

  set statsOverlay(shown: boolean) {
    this.toggleAttribute('stats-overlay', shown);
  }

  /**
   * What happened during the last minute, as JSON, for a report of a problem.
   * @throws {DOMException} InvalidStateError if nothing has been played
   */
  async diagnostics(): Promise<Diagnostics> {
    if (!this.#player) throw new DOMException('nothing was played', 'InvalidStateError');
    return this.#player.diagnostics();
  }

  /** Read by media controls. */
  get streamType(): 'live' {
    return 'live';
  }

  /** No seeking: the playhead is always at the live edge. */
  get targetLiveWindow(): number {
    return 0;
  }

  get liveEdgeStart(): number {
    return this.#player?.state.name === 'playing' ? 0 : Number.NaN;
  }

  get token(): string | null {
    return this.getAttribute('token');
  }

  set token(token: string | null) {
    if (token === null) this.removeAttribute('token');
    else this.setAttribute('token', token);
  }

  /** False from `play()` on, even before the first picture. */
  override get paused(): boolean {
    return ['idle', 'paused'].includes(this.state.name);
  }

  /** Controls show by it that they wait. */
  override get readyState(): number {
    return ['buffering', 'ended'].includes(this.state.name) ? HAVE_CURRENT_DATA : super.readyState;
  }

  /** 2: two connections at once. */
  get redundancy(): 1 | 2 {
    return this.getAttribute('redundancy') === '2' ? 2 : 1;
  }

  set redundancy(redundancy: 1 | 2) {
    this.setAttribute('redundancy', String(redundancy));
  }

  override play(): Promise<void> {
    if (this.#loadIsDue) this.load();
    const player = this.#ensurePlayer();
    return player ? player.play() : Promise.reject(new DOMException('no src', 'NotSupportedError'));
  }

  override pause(): void {
    this.#player?.pause();
  }

  /** Disconnect and clear the picture; `play` starts again. */
  stop(): void {
    this.#player?.stop();
  }

  /** Start again, with the present attributes. */
  override load(): void {
    this.#loadIsDue = false;
    const begins = this.#plays || this.#playsOnReturn || this.hasAttribute('autoplay');
    this.#playsOnReturn = false;
    this.#destroyPlayer();
    if (this.isConnected && this.hasAttribute('src') && begins) {
      this.play().catch(() => {});
    }
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!KEPT_ATTRIBUTES.has(name)) lifeCycle.attributeChangedCallback.call(this, name, before, after);
    if (before === after || !this.isConnected) return;
    if (name === 'stats-overlay') void this.#showOverlay();
    if (name === 'target-latency' && this.#player) this.#player.targetLatencyMs = number(after);
    if (LIMIT_ATTRIBUTES.includes(name) && this.#player) this.#player.limits = limitsOf(this);
    if (name === 'rendition' && this.#player) this.#player.rendition = this.rendition;
    const begins = name === 'autoplay' && after !== null && this.state.name === 'idle';
    if (begins || STREAM_ATTRIBUTES.includes(name)) this.#loadSoon();
  }

  connectedCallback(): void {
    lifeCycle.connectedCallback.call(this);
    if (!this.#player) this.#loadSoon();
    void this.#showOverlay();
  }

  disconnectedCallback(): void {
    lifeCycle.disconnectedCallback.call(this);
    // An element that moves within the page is connected again at once.
    queueMicrotask(() => {
      if (this.isConnected) return;
      void this.#showOverlay();
      if (!this.#player) return;
      this.#playsOnReturn = this.#plays;
      this.#destroyPlayer();
    });
  }

  /** Also while it rests. */
  get #plays(): boolean {
    const { state } = this;
    return state.name === 'paused' ? state.continues === true : state.name !== 'idle';
  }

  /** Or hide it, as the attribute says. */
  async #showOverlay(): Promise<void> {
    const isWanted = () => this.isConnected && this.statsOverlay;
    if (!isWanted()) {
      this.#overlay?.close();
      this.#overlay = undefined;
      return;
    }
    const script = await import('./dom/overlay.js').catch(
      (error) => void console.warn('No statistics:', error),
    );
    if (!script || !isWanted() || this.#overlay) return;
    this.#overlay = new script.StatsOverlay(
      this,
      () => this.#player,
      () => {
        this.statsOverlay = false;
        this.dispatchEvent(new Event('statsoverlayclose'));
      },
    );
  }

  #loadSoon(): void {
    if (this.#loadIsDue) return;
    this.#loadIsDue = true;
    queueMicrotask(() => {
      if (this.#loadIsDue) this.load();
    });
  }

  #ensurePlayer(): TopicastPlayer | undefined {
    const src = this.getAttribute('src');
    if (this.#player || !src) return this.#player;
    const player = new TopicastPlayer(this.nativeEl, { src, ...optionsOf(this) });
    this.#player = player;
    for (const type of REPEATED_EVENTS) {
      player.addEventListener(type, (event) => {
        const { detail } = event as CustomEvent<unknown>;
        this.dispatchEvent(new CustomEvent(type, { detail }));
      });
    }
    player.addEventListener('statechange', ({ detail }) => {
      // A video element does not notice that no more pictures come from a track.
      const event = EVENTS[detail.name];
      if (event) this.dispatchEvent(new Event(event));
    });
    return player;
  }

  #destroyPlayer(): void {
    this.#player?.destroy();
    this.#player = undefined;
  }
}

const number = (text: string | null): number | undefined => (text ? Number(text) || undefined : undefined);

const wantedRendition = (text: string | null): WantedRendition =>
  text && /^\d+$/.test(text) ? Number(text) : 'auto';

const OUT_OF_SIGHT = ['play', 'audio'] as const;

const limitsOf = (element: HTMLElement): PlayerLimits => ({
  maxHeight: number(element.getAttribute('max-height')),
  maxBitrate: number(element.getAttribute('max-bitrate')),
});

function optionsOf(element: TopicastPlayerElement): Omit<PlayerOptions, 'src'> {
  const given = (name: string): string | undefined => element.getAttribute(name) || undefined;
  return {
    outOfSight: OUT_OF_SIGHT.find((each) => each === given('out-of-sight')) ?? 'pause',
    token: given('token'),
    workerSrc: given('worker-src'),
    workletSrc: given('worklet-src'),
    sync: given('sync'),
    sound: given('sound') === 'mse' ? 'mse' : 'auto',
    picture: given('picture') === 'mse' ? 'mse' : 'auto',
    rendition: element.rendition,
    redundancy: element.redundancy,
    targetLatencyMs: number(element.getAttribute('target-latency')),
    ...limitsOf(element),
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'topicast-player': TopicastPlayerElement;
  }
}
