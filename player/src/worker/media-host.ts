import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import type { Seconds } from '@topicast/contracts/units';
import type { TrackKind } from '@topicast/media/fmp4';
import type { MediaFailure } from '../mse/media-sink.js';
import type { SourceRoute } from '../mse/source-route.js';
import type { PictureRoute } from '../picture/picture-route.js';
import { MediaFeed, type MediaFeedEvents } from './media-feed.js';
import type { ToPage } from './messages.js';

interface MediaHostParts {
  readonly post: (message: ToPage, transfer?: Transferable[]) => void;
  /** Undefined: the pictures go into a media source. */
  readonly pictures: PictureRoute | undefined;
  readonly isLive: MediaFeedEvents['isLive'];
  /** What takes the sound instead of the media source. */
  readonly takeSound: () => MediaFeedEvents['takeSound'];
  onFailed(failure: MediaFailure): void;
  /** The next media have to begin at a keyframe. @param isDamage what came was damaged */
  onOver(isDamage?: boolean): void;
}

/** What the chunks go into: one media source after another, or pictures for a track. */
export class MediaHost {
  /** Undefined before its script is there. */
  sources: SourceRoute | undefined;
  readonly #parts: MediaHostParts;
  /** Undefined: media sources are wanted, and their script is not there yet. */
  #feed: MediaFeed | undefined;
  /** See messages.ts. */
  #number = 0;
  /** Announced, but not coming. */
  #absentTracks: readonly TrackKind[] = [];

  constructor(parts: MediaHostParts) {
    this.#parts = parts;
    this.#open();
  }

  /** Chunks come one by one, as they are made: the burst of the join is over. */
  get isLive(): boolean {
    return this.#feed?.isLive === true;
  }

  get isOpen(): boolean {
    return this.#feed !== undefined;
  }

  /** These are not the first media: what they cannot take is missing in between. */
  get hasPlayed(): boolean {
    return this.#number > 1;
  }

  /** Whether a message of the page is about the present media. */
  isPresent(media: number): boolean {
    return media === this.#number;
  }

  push(chunk: ChunkMessage, entry: Parameters<MediaFeed['push']>[1]): void {
    this.#feed?.push(chunk, entry);
  }

  /** The next chunk does not continue the previous one. */
  forget(): void {
    this.#feed?.forget();
  }

  setPlayhead(playhead: Seconds): void {
    this.#feed?.setPlayhead(playhead);
  }

  /** The page has taken this much of what was sent to it. */
  taken(bytes: number): void {
    this.sources?.taken(bytes);
  }

  replace(): void {
    this.close();
    this.#open();
  }

  close(): void {
    this.#feed?.close();
  }

  #open(): void {
    this.#number += 1;
    const media = this.#number;
    const { post, pictures, isLive, takeSound, onFailed, onOver } = this.#parts;
    const onAppended = (): void => feed?.appended();
    const outlet =
      pictures?.open(media, onAppended, onOver) ??
      this.sources?.open(media, { onAppended, onFailed, onOver });
    const events: MediaFeedEvents = {
      isLive,
      onTexts: (texts) => post({ type: 'texts', texts }),
      onAnchor: (anchor) => post({ type: 'anchor', anchor }),
      onJoined: (tracks) => post({ type: 'joined', media, tracks }),
      onOtherTracks: (absent) => {
        this.#absentTracks = absent;
        onOver();
      },
      takeSound: takeSound(),
    };
    const feed = outlet && new MediaFeed(outlet, events, this.#absentTracks);
    this.#feed = feed;
  }
}
