import { type Seconds, seconds } from '@topicast/contracts/units';
import type { Fragment, TrackKind } from '@topicast/media/fmp4';
import { cannotPlay } from '../core/renditions.js';
import {
  bytesOf,
  type MediaFailure,
  type MediaSink,
  type MediaSinkEvents,
  OTHER_TRACKS,
  tracksOf,
} from './media-sink.js';
import { TrackBuffer } from './track-buffer.js';

/** A browser may open a media source only when its page is seen. */
const MOST_EARLY_BYTES = 32 * 1024 * 1024;

/** One media source: waits for it to open, makes its source buffers from the first fragments, fills them. */
export class SourceBuffers implements MediaSink {
  /** Browsers show the first picture sooner if they get a join at once. */
  readonly isIdle = false;
  readonly #source: MediaSource;
  readonly #events: MediaSinkEvents;
  readonly #tracks = new Map<TrackKind, TrackBuffer>();
  /** Fragments that came before the media source was open. */
  #early: Fragment[] = [];
  #earlyBytes = 0;
  #closed = false;

  constructor(source: MediaSource, events: MediaSinkEvents) {
    this.#source = source;
    this.#events = events;
    source.addEventListener('sourceopen', this.#onOpen);
  }

  append(fragments: readonly Fragment[]): void {
    if (this.#closed) return;
    if (this.#source.readyState !== 'open') {
      this.#early.push(...fragments);
      this.#earlyBytes += bytesOf(fragments);
      if (this.#earlyBytes > MOST_EARLY_BYTES) {
        this.#fail({ kind: 'broken', message: 'the media source does not open' });
      }
      return;
    }
    if (this.#tracks.size === 0 && !this.#open(tracksOf(fragments))) return;
    for (const fragment of fragments) {
      const track = this.#tracks.get(fragment.track);
      if (!track) this.#fail(OTHER_TRACKS);
      track?.push(fragment);
      if (this.#closed) return;
    }
    for (const track of this.#tracks.values()) track.pump();
  }

  setPlayhead(playhead: Seconds): void {
    for (const track of this.#tracks.values()) track.setPlayhead(playhead);
  }

  close(): void {
    this.#closed = true;
    this.#source.removeEventListener('sourceopen', this.#onOpen);
    for (const track of this.#tracks.values()) track.close();
    this.#tracks.clear();
    this.#early = [];
  }

  readonly #onOpen = (): void => {
    const early = this.#early;
    this.#early = [];
    if (early.length > 0) this.append(early);
  };

  #open(mimeTypes: ReadonlyMap<TrackKind, string>): boolean {
    const Source = this.#source.constructor as typeof MediaSource;
    const lacking = [...mimeTypes.values()].filter((mimeType) => !Source.isTypeSupported(mimeType));
    if (lacking.length > 0) {
      this.#fail({ kind: 'unsupported', message: cannotPlay(lacking) });
      return false;
    }
    try {
      for (const [kind, mimeType] of mimeTypes) {
        const buffer = this.#source.addSourceBuffer(mimeType);
        const onFailed = (failure: MediaFailure) => this.#fail(failure);
        this.#tracks.set(kind, new TrackBuffer(buffer, mimeType, this.#onIdle, onFailed));
      }
    } catch (error) {
      this.#fail({ kind: 'broken', message: String(error) });
    }
    return !this.#closed;
  }

  readonly #onIdle = (): void => {
    const all = [...this.#tracks.values()];
    if (!all.every((track) => track.idle)) return;
    this.#events.onAppended({
      start: seconds(Math.max(...all.map((track) => track.start))),
      end: seconds(Math.min(...all.map((track) => track.end))),
    });
  };

  #fail(failure: MediaFailure): void {
    if (this.#closed) return;
    this.close();
    this.#events.onFailed(failure);
  }
}
