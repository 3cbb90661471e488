/**
 * The types that the player shows to the page that embeds it. This file is published unchanged, so it imports nothing,
 * and units are in the names.
 */

/** Why a connection, or the playback, failed. */
export type ProblemReason =
  /** The address is not a WebSocket address. */
  | 'address'
  /** The gateway does not answer, or the connection broke. */
  | 'unreachable'
  /** There is no such stream (yet). */
  | 'unknown-stream'
  /** The stream was deleted. */
  | 'deleted'
  /** No token, or one that is no longer valid: get another one. */
  | 'unauthorized'
  /** The token is for something else. */
  | 'forbidden'
  /** The gateway has as many viewers as it accepts. */
  | 'too-many'
  /** The gateway cannot reach its log. */
  | 'log-unavailable'
  /** Player and gateway do not understand each other. */
  | 'protocol'
  /** The browser repeatedly fails to decode the media. */
  | 'media'
  /** The browser lacks Media Source Extensions or this codec, or allows no worker; or a part of the player is missing. */
  | 'unsupported';

export interface Problem {
  readonly reason: ProblemReason;
  /** English text for people. */
  readonly message: string;
  /** The WebSocket close code, if one was the cause. */
  readonly code?: number;
}

/** What the player will do about a failure: nothing, or try again every 5 to 10 seconds. */
export type FailureRetry = 'never' | 'slowly';

export type PlayerState =
  /** Not started, or stopped. */
  | { readonly name: 'idle' }
  /** On the way to the first picture. `problem`: why the last attempt failed. */
  | { readonly name: 'connecting'; readonly problem?: Problem }
  /** Connected to a stream that is not live (yet); plays by itself when it is. */
  | { readonly name: 'waiting'; readonly stream: 'offline' | 'starting' | 'failed' }
  | { readonly name: 'playing' }
  /**
   * Paused by the user, or by the browser's autoplay policy; `play` continues at the live edge. `continues`: nobody has
   * asked for this pause (the page is frozen, or the video without sound is out of sight); it ends by itself.
   */
  | { readonly name: 'paused'; readonly continues?: true }
  /** The picture stands still because data is missing. `problem`: why the connection is lost, if it is. */
  | { readonly name: 'buffering'; readonly problem?: Problem }
  /** The stream was live and went offline. The last picture stays; plays by itself when it is live again. */
  | { readonly name: 'ended' }
  | { readonly name: 'failed'; readonly problem: Problem; readonly retry: FailureRetry };

/**
 * Which rendition to play: this one, or with `auto` the best that the network, the browser, the size of the picture and
 * the limits allow.
 */
export type WantedRendition = number | 'auto';

/** Why this rendition is playing. */
export type RenditionReason =
  /** Somebody chose it. */
  | 'chosen'
  /** There is no better one. */
  | 'best'
  /** A better one did not get through the network. */
  | 'network'
  /** The browser did not show the pictures of a better one in time. */
  | 'decoder'
  /** A better one would not look better at this size. */
  | 'size'
  /** A better one is above `max-height` or `max-bitrate`. */
  | 'limit'
  /** The browser is asked to save data. */
  | 'data';

/** One encoding of the stream, as its catalog describes it. Unknown values are absent. */
export interface PlayerRendition {
  /** Its number: 0 is the best. */
  readonly rendition: number;
  /** Whether this browser has decoders for all its tracks. */
  readonly playable: boolean;
  /** Bits a second. */
  readonly bitrate?: number;
  /** Pixels shown. */
  readonly width?: number;
  readonly height?: number;
  readonly frameRate?: number;
  /** RFC 6381, such as `avc1.64001f` and `mp4a.40.2`; also absent if there is no such track. */
  readonly videoCodec?: string;
  readonly audioCodec?: string;
}

/**
 * Where the latency comes from: the parts that are present add up to `latencyMs`. Means of some seconds; `bufferMs` is
 * what the others leave.
 */
export interface LatencyParts {
  /** From the encoder to the log. */
  readonly encoderMs?: number;
  /** From the log to the gateway. */
  readonly logMs?: number;
  /** From the gateway to the player. */
  readonly networkMs?: number;
  /** From the encoder to the player: instead of the three above, if the gateway does not tell them. */
  readonly deliveryMs?: number;
  /** Waiting in the player, so that late chunks do not stop the picture. */
  readonly bufferMs: number;
  /** Decoding, and from there to the screen. */
  readonly screenMs: number;
}

/** One of two connections that bring the same chunks. */
export interface PlayerWay {
  readonly open: boolean;
  /** Chunks that came here first. */
  readonly first: number;
  /** Received, including what the other one had brought before. */
  readonly bytes: number;
}

/** A snapshot. Counters run from the start of playback; unknown values are absent. */
export interface PlayerStats {
  /** Age of the picture on the screen: the gateway's clock now, minus the encoder's clock when it took in the frame. */
  readonly latencyMs?: number;
  /** The parts of `latencyMs`, once chunks come live. */
  readonly latencyParts?: LatencyParts;
  /** Media ahead of the playhead. */
  readonly levelMs?: number;
  /** The level that the player aims at: more where chunks come late. */
  readonly targetMs: number;
  readonly playbackRate: number;
  /** The rendition that is playing. */
  readonly rendition?: number;
  /** Why it is not a better one. */
  readonly renditionReason?: RenditionReason;
  /** Bits a second of the stream, over the last second. */
  readonly bitrate: number;
  readonly framesDecoded: number;
  readonly framesDropped: number;
  /** How often a viewer could see the picture stand still for longer than 120 ms. */
  readonly stalls: number;
  /** Seeks made to get back to the live edge. */
  readonly seeks: number;
  readonly reconnects: number;
  readonly chunksReceived: number;
  /** Chunks missing in the sequence without an announcement. */
  readonly chunksLost: number;
  /** Chunks left out on purpose: by the gateway for a slow viewer, or here while waiting for a keyframe. */
  readonly chunksSkipped: number;
  /** With `redundancy` 2: both connections. */
  readonly ways?: readonly PlayerWay[];
  /** Captions and timed ID3 that could not be shown: their script did not load, or more than may wait for it. */
  readonly textsDropped: number;
  /** From `play()` to the first picture, which may stand until the live edge has been decoded. */
  readonly joinMs?: number;
  /** Round trip to the gateway. */
  readonly roundTripMs?: number;
  readonly width?: number;
  readonly height?: number;
  /** Where Media Source Extensions run. */
  readonly mediaIn?: 'worker' | 'page';
  /** What decodes the picture: WebCodecs in the worker, or a media source; absent before there is one. */
  readonly pictureIn?: 'webcodecs' | 'mse';
  /** Why a media source does, if WebCodecs were tried. */
  readonly pictureProblem?: string;
  /** What plays the sound: an AudioWorklet beside the picture, or the video element; absent before there is sound. */
  readonly soundIn?: 'worklet' | 'media';
  /** Why the video element plays the sound, if the worklet was tried. */
  readonly soundProblem?: string;
  /** In the worklet: how often the sound fell silent because data was missing. */
  readonly soundUnderruns?: number;
  /** In the worklet: how much earlier than its picture the sound is heard. Negative: later. */
  readonly soundOffsetMs?: number;
  /** In the worklet: sound that was heard. */
  readonly soundHeardMs?: number;
  /** In the worklet: frames of sound that it, or the decoder, had no room for. */
  readonly soundDropped?: number;
  /** In a group (`sync`): how far behind their wall clock the group shows pictures. */
  readonly syncDelayMs?: number;
  /** In a group: how far this player is behind that; negative: ahead. Absent while it goes alone. */
  readonly syncOffsetMs?: number;
  /** In a group: how many players it has. */
  readonly syncMembers?: number;
}

/** What changed at a moment; times of a trace are milliseconds on the viewer's wall clock. */
export type TraceEvent = { readonly atMs: number } & TraceChange;

export type TraceChange =
  /** The connection to the gateway, what that says about the stream, or the picture. */
  | {
      readonly link?: { readonly status: string; readonly problem?: Problem };
      readonly stream?: string;
      readonly picture?: 'none' | 'moving' | 'standing' | 'pausing';
    }
  | { readonly state: PlayerState }
  | { readonly rendition: number; readonly reason: RenditionReason }
  /** The playhead went to where the level is this. */
  | { readonly seekToLevelMs: number }
  | { readonly playbackRate: number };

/** The statistics at a moment, four times a second. */
export interface TraceSample {
  readonly atMs: number;
  /** The highest age of the chunks that have arrived since the sample before: since the encoder took them in. */
  readonly arrivalMs?: number | undefined;
  readonly stats: PlayerStats;
}

/** A row per line of `rows`; null where a value is unknown. */
export interface TraceTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (number | null)[])[];
}

/** The trace of the last minute, as JSON (docs/design/diagnostics.md). It names no token and no query of an address. */
export interface Diagnostics {
  readonly format: 'topicast-diagnostics';
  readonly version: 1;
  /** ISO 8601, on the viewer's clock; all other times are milliseconds since then. */
  readonly since: string;
  readonly player: string;
  readonly userAgent: string;
  /** Pixels of the page. */
  readonly video: { readonly width: number; readonly height: number; readonly pixelRatio: number };
  readonly gateways: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly state: PlayerState;
  readonly stats?: PlayerStats;
  readonly renditions: readonly PlayerRendition[];
  readonly events: readonly TraceEvent[];
  readonly samples: TraceTable;
  /** A row for each chunk: see `test/fixtures/arrivals`, whose files have the same columns. */
  readonly arrivals: {
    readonly columns: readonly string[];
    readonly kinds: readonly string[];
    readonly chunks: readonly (readonly number[])[];
  };
}

/** Limits of `auto`. A rendition that somebody chooses is not limited. */
export interface PlayerLimits {
  /** Of the picture, in its own pixels. */
  readonly maxHeight?: number | undefined;
  /** Bits a second. */
  readonly maxBitrate?: number | undefined;
}

export interface PlayerOptions extends PlayerLimits {
  /**
   * `ws://host:port/live/<stream>`; http(s) becomes ws(s), and a relative address is relative to the page. Several
   * addresses, as a list or separated by white space, are gateways of the same stream. They are tried in this order,
   * each one when the previous one is away or going down.
   */
  readonly src: string | readonly string[];
  /** Sent as a WebSocket subprotocol, never in the address. */
  readonly token?: string | undefined;
  /** By default `auto`. */
  readonly rendition?: WantedRendition | undefined;
  /**
   * 2: receive everything over two connections, from two gateways if `src` names several; the first to bring a chunk
   * counts. This doubles the traffic.
   */
  readonly redundancy?: 1 | 2 | undefined;
  /**
   * Level to aim at. By default 80, and what the sound needs beyond that; 150 (Firefox: 100) where the video element
   * plays the sound, which it also does above 1,000.
   */
  readonly targetLatencyMs?: number | undefined;
  /**
   * What to do when nobody sees the video and it has no sound: `pause` (the default) disconnects after 5 s and is back at
   * the live edge when somebody sees it again. `audio`: the same, and where it has sound, the gateway leaves out the
   * picture after 5 s; not where the video element plays the sound, nor with `redundancy`.
   */
  readonly outOfSight?: 'pause' | 'play' | 'audio' | undefined;
  /**
   * A group of players that show the same moment at the same time, whatever they play: `group`, or another name of 1 to
   * 63 of a-z, 0-9 and "-". Absent: the player goes alone.
   */
  readonly sync?: string | undefined;
  /**
   * Address of `worker.js` on the page's own origin, with `adaptive.js`, `mse.js`, `picture.js` and `ways.js` beside it,
   * if the page's policy forbids blobs.
   */
  readonly workerSrc?: string | undefined;
  /** Address of `worklet.js` on the page's own origin, if the page's policy forbids blob scripts. */
  readonly workletSrc?: string | undefined;
  /**
   * `auto`: outside of the media source if the browser can, which needs less media in hand; `mse`: with the picture, as
   * in browsers that cannot.
   */
  readonly sound?: 'auto' | 'mse' | undefined;
  /**
   * `auto`: decoded by WebCodecs where that is known to work, which needs less media in hand; `mse`: by a media source, as
   * in browsers that cannot.
   */
  readonly picture?: 'auto' | 'mse' | undefined;
  /** `page`: use Media Source Extensions on the page even where the worker has them. */
  readonly mediaIn?: 'auto' | 'page' | undefined;
}
