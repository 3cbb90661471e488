import type { Seconds } from '@topicast/contracts/units';
import type { Fragment } from '@topicast/media/fmp4';
import { bytesOf, type MediaSink } from './media-sink.js';
import type { FromSources } from './messages.js';

/** A page that does not read its messages (because a dialogue is open) must not fill up the memory. */
const MAX_UNTAKEN_BYTES = 16 * 1024 * 1024;

interface PageSinkEvents {
  /** What came so far has been sent. (The page says `joined` to itself when it has appended it.) */
  onAppended(): void;
  /** The page did not read its messages, and does so again: start again. */
  onOver(): void;
}

/** Sends fragments to source buffers on the page. */
export class PageSink implements MediaSink {
  /** Browsers show the first picture sooner if they get a join at once. */
  readonly isIdle = false;
  readonly #media: number;
  readonly #post: (message: FromSources, transfer: Transferable[]) => void;
  readonly #events: PageSinkEvents;
  #untaken = 0;
  #state: 'open' | 'overflowed' | 'closed' = 'open';

  constructor(
    media: number,
    post: (message: FromSources, transfer: Transferable[]) => void,
    events: PageSinkEvents,
  ) {
    this.#media = media;
    this.#post = post;
    this.#events = events;
  }

  append(fragments: readonly Fragment[]): void {
    if (this.#state !== 'open') return;
    const waits = this.#untaken > 0;
    this.#untaken += bytesOf(fragments);
    if (waits && this.#untaken > MAX_UNTAKEN_BYTES) {
      this.#state = 'overflowed';
      return;
    }
    const buffers = new Set(fragments.map(({ data }) => data.buffer));
    this.#post({ type: 'fragments', media: this.#media, fragments }, [...buffers]);
    this.#events.onAppended();
  }

  taken(bytes: number): void {
    this.#untaken -= bytes;
    if (this.#state === 'overflowed') this.#events.onOver();
  }

  /** The page knows better. */
  setPlayhead(_playhead: Seconds): void {}

  close(): void {
    this.#state = 'closed';
  }
}
