'use client';
import {
  type CSSProperties,
  createElement,
  forwardRef,
  type ReactNode,
  useEffect,
  useImperativeHandle,
  useRef,
} from 'react';
import type { PlayerRendition, PlayerState, PlayerStats, WantedRendition } from './core/types.js';
import type { TopicastPlayerElement } from './element.js';
import { registerTopicastPlayer } from './register.js';

export type { PlayerRendition, PlayerState, PlayerStats, Problem, WantedRendition } from './core/types.js';
export type { TopicastPlayerElement } from './element.js';

export interface TopicastPlayerProps {
  /** `wss://host/live/<stream>`; several addresses are gateways of the same stream, tried in this order. */
  src: string | readonly string[];
  token?: string;
  /** A number, where 0 is the best, or `auto` (default): the best that network, browser, size and limits allow. */
  rendition?: WantedRendition;
  /** The highest picture that `auto` may choose, in its own pixels. */
  maxHeight?: number;
  /** The highest bitrate that `auto` may choose, in bits a second. */
  maxBitrate?: number;
  /** 2: two connections at once, for twice the traffic. By default 1. */
  redundancy?: 1 | 2;
  targetLatencyMs?: number;
  workerSrc?: string;
  workletSrc?: string;
  /** `mse`: always with the picture. By default `auto`: outside of the media source, if the browser can. */
  sound?: 'auto' | 'mse';
  /** What decodes the picture. By default `auto`: WebCodecs where they are known to work, else a media source. */
  picture?: 'auto' | 'mse';
  /** What to do when nobody sees the video and it has no sound. By default `pause`. */
  outOfSight?: 'pause' | 'play' | 'audio';
  /** A group of players that show the same moment at the same time: `group`, or another name. */
  sync?: string;
  /** Statistics over the picture, or below a narrow one. */
  statsOverlay?: boolean;
  autoPlay?: boolean;
  muted?: boolean;
  controls?: boolean;
  /** Play in the page, not full screen, on a phone. True by default. */
  playsInline?: boolean;
  poster?: string;
  className?: string;
  style?: CSSProperties;
  /** `media` inside a `<media-controller>`. */
  slot?: string;
  id?: string;
  title?: string;
  children?: ReactNode;
  onStateChange?(state: PlayerState): void;
  /** What the stream offers, the best first. */
  onCatalogChange?(renditions: readonly PlayerRendition[]): void;
  /** The rendition that plays from here on. */
  onRenditionChange?(rendition: number): void;
  /** About once a second. */
  onStats?(stats: PlayerStats): void;
  onAutoplayMuted?(): void;
  onAutoplayBlocked?(): void;
  /** The viewer has closed the statistics: set `statsOverlay` to false. */
  onStatsOverlayClose?(): void;
}

/** `<topicast-player>` as a React component. On a server it renders the empty element: nothing plays there. */
export const TopicastPlayer = forwardRef<TopicastPlayerElement, TopicastPlayerProps>(
  function TopicastPlayer(props, ref) {
    const { className, style, slot, id, title, children } = props;
    const own = useRef<TopicastPlayerElement>(null);
    const latest = useRef(props);
    useImperativeHandle(ref, () => own.current as TopicastPlayerElement, []);
    useEffect(registerTopicastPlayer, []);
    // Before the attributes, because with autoplay they cause the first change of state.
    useEffect(() => {
      latest.current = props;
    });
    useEffect(() => {
      const element = own.current;
      if (!element) return;
      const listening = new AbortController();
      const { signal } = listening;
      const on = (type: string, listener: (event: CustomEvent) => void): void =>
        element.addEventListener(type, listener as EventListener, { signal });
      on('statechange', ({ detail }) => latest.current.onStateChange?.(detail));
      on('catalogchange', ({ detail }) => latest.current.onCatalogChange?.(detail));
      on('renditionchange', ({ detail }) => latest.current.onRenditionChange?.(detail.rendition));
      on('stats', ({ detail }) => latest.current.onStats?.(detail));
      on('autoplaymuted', () => latest.current.onAutoplayMuted?.());
      on('autoplayblocked', () => latest.current.onAutoplayBlocked?.());
      on('statsoverlayclose', () => latest.current.onStatsOverlayClose?.());
      return () => listening.abort();
    }, []);
    // React 18 and 19 set properties and attributes of custom elements differently, so we set them here for both.
    useEffect(() => {
      if (own.current) setAttributes(own.current, props);
    });
    return createElement('topicast-player', { ref: own, class: className, style, slot, id, title }, children);
  },
);

/** `src` comes last, because it starts the player. */
function setAttributes(element: TopicastPlayerElement, props: TopicastPlayerProps): void {
  const { playsInline = true } = props;
  const attributes = {
    muted: props.muted,
    controls: props.controls,
    playsinline: playsInline,
    poster: props.poster,
    token: props.token,
    rendition: props.rendition,
    'max-height': props.maxHeight,
    'max-bitrate': props.maxBitrate,
    redundancy: props.redundancy,
    'target-latency': props.targetLatencyMs,
    'worker-src': props.workerSrc,
    'worklet-src': props.workletSrc,
    sound: props.sound,
    picture: props.picture,
    'out-of-sight': props.outOfSight,
    sync: props.sync,
    'stats-overlay': props.statsOverlay,
    autoplay: props.autoPlay,
    src: [props.src].flat().join(' '),
  };
  for (const [name, value] of Object.entries(attributes)) {
    const text = value === true ? '' : value === false || value === undefined ? null : String(value);
    if (element.getAttribute(name) === text) continue;
    if (text === null) element.removeAttribute(name);
    else element.setAttribute(name, text);
    // The attribute is only the default, and the element already exists.
    if (name === 'muted') element.muted = text !== null;
  }
}
