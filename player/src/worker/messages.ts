import type { Catalog } from '@topicast/contracts/catalog';
import type { StreamState } from '@topicast/contracts/server-message';
import type { SyncNews } from '@topicast/contracts/sync';
import type { Milliseconds, Seconds } from '@topicast/contracts/units';
import type { TrackKind } from '@topicast/media/fmp4';
import type { TimedText } from '@topicast/media/text';
import type { ArrivalAge } from '../core/arrival-age.js';
import type { ArrivalEvidence } from '../core/arrivals.js';
import type { ClockEstimate } from '../core/clock.js';
import type { LinkState } from '../core/player-state.js';
import type { Playability } from '../core/renditions.js';
import type { TimelineAnchor } from '../core/timeline.js';
import type { PlayerWay, RenditionReason, WantedRendition } from '../core/types.js';
import type { MediaFailure } from '../mse/media-sink.js';
import type { FromSources } from '../mse/messages.js';
import type { FromPictures, ToPictures } from '../picture/messages.js';
import type { ViewerFacts } from './adaptation.js';

/**
 * The messages between the page and its worker. The worker owns the connection and the transmuxer, the page the video
 * element.
 */
export type ToWorker =
  | {
      readonly type: 'start';
      /** One per gateway: absolute, ws or wss, without `after`. */
      readonly urls: readonly string[];
      readonly token: string | undefined;
      /** For two connections at once: the address of the program that merges them. */
      readonly ways: string | undefined;
      readonly rendition: WantedRendition;
      /** With `auto`: what got through when a better one did not, a while ago. */
      readonly startWith: number | undefined;
      readonly mediaIn: 'worker' | 'page';
      /** `worklet`: outside of the media source; only for a worker that decodes sound. */
      readonly sound: 'worklet' | 'media';
      /** The address of the engine that decodes the pictures instead of a media source; only with a worklet. */
      readonly pictures: string | undefined;
      /** The group of players in which this one is in step. */
      readonly sync: string | undefined;
      /** The picture may be left out while nobody sees it. */
      readonly mayLeavePicture: boolean;
    }
  /** The address of the script that fills media sources; also before `start`, and not if the pictures are decoded here. */
  | { readonly type: 'sources'; readonly program: string }
  /** Disconnect, but keep the buffer; `resume` joins again at the newest keyframe. */
  | { readonly type: 'hold' }
  | { readonly type: 'resume' }
  | { readonly type: 'rendition'; readonly rendition: WantedRendition }
  /** Media on the page: what the page says about the newest catalog. */
  | { readonly type: 'playability'; readonly playability: Playability }
  | { readonly type: 'playhead'; readonly playhead: Seconds }
  | { readonly type: 'facts'; readonly facts: ViewerFacts }
  /** There are several renditions: the address of the script that chooses. */
  | { readonly type: 'adaptive'; readonly program: string }
  /** The video element has given up on this media source. */
  | { readonly type: 'media-failed'; readonly media: number; readonly failure: MediaFailure }
  /** The way of the sound to the worklet; undefined: nobody listens. */
  | { readonly type: 'listen'; readonly port: MessagePort | undefined }
  /** The page cannot play sound outside of the media source. */
  | { readonly type: 'sound-failed'; readonly message: string }
  /** To the engine that decodes the pictures. */
  | { readonly type: 'pictures'; readonly media: number; readonly message: ToPictures }
  | { readonly type: 'want-picture'; readonly wanted: boolean }
  /** How far behind the wall clock this player can be at the least. */
  | { readonly type: 'sync'; readonly needs: Milliseconds }
  /** Send the trace of the arrivals. */
  | { readonly type: 'trace' }
  /** Media on the page: this much of the sent data has been taken. */
  | { readonly type: 'taken'; readonly media: number; readonly bytes: number };

/** `media` numbers the media sources of a worker; messages about an older one are stale. */
export type ToPage =
  | {
      readonly type: 'ready';
      readonly hasMedia: boolean;
      readonly decodesSound: boolean;
      readonly decodesPictures: boolean;
    }
  | FromSources
  /** The script that fills media sources does not load. */
  | { readonly type: 'sources-failed'; readonly because: string }
  | FromPictures
  /** The burst of a join is complete, with these tracks (media on the page: it is in the fragments before). */
  | { readonly type: 'joined'; readonly media: number; readonly tracks: readonly TrackKind[] }
  /** For text tracks, on the time line of the present media source. */
  | { readonly type: 'texts'; readonly texts: readonly TimedText[] }
  /** There is sound outside of the media source, at this rate in Hz. */
  | { readonly type: 'sound'; readonly in: 'worklet'; readonly sampleRate: number }
  /** It was wanted otherwise, but the sound goes with the picture. */
  | { readonly type: 'sound'; readonly in: 'media'; readonly because: string }
  | { readonly type: 'link'; readonly link: LinkState }
  | { readonly type: 'stream'; readonly stream: StreamState }
  | { readonly type: 'catalog'; readonly catalog: Catalog }
  /** The rendition that plays from here on. */
  | { readonly type: 'rendition'; readonly rendition: number; readonly reason: RenditionReason }
  | { readonly type: 'clock'; readonly clock: ClockEstimate }
  /** Several times a second while chunks arrive. */
  | {
      readonly type: 'arrivals';
      readonly evidence: ArrivalEvidence;
      /** Unknown before the clocks have been compared. */
      readonly age: ArrivalAge | undefined;
    }
  /** The stream has sound alone at present, or pictures again. */
  | { readonly type: 'pictures-pause'; readonly paused: boolean }
  /** From here on there is sound alone, until the next `joined`. */
  | { readonly type: 'picture-left-out' }
  /** What the gateway says about our group; undefined: nothing yet, or it does not know groups. */
  | { readonly type: 'sync'; readonly news: SyncNews | undefined }
  | { readonly type: 'anchor'; readonly anchor: TimelineAnchor }
  /** See core/arrival-trace.ts. */
  | { readonly type: 'trace'; readonly arrivals: Float64Array<ArrayBuffer> }
  | { readonly type: 'counters'; readonly counters: WorkerCounters };

/** Since the start. */
export interface WorkerCounters {
  readonly chunks: number;
  readonly bytes: number;
  readonly lost: number;
  readonly skipped: number;
  readonly reconnects: number;
  /** Frames outside of the media source that nobody took. */
  readonly soundDropped: number;
  /** Of the rendition that is playing. */
  readonly reason: RenditionReason;
  /** If there are two. */
  readonly ways: readonly PlayerWay[] | undefined;
  readonly at: Milliseconds;
}
