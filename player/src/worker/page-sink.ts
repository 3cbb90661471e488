import type { Seconds } from '@topicast/contracts/units';
import type { Fragment } from '@topicast/media/fmp4';
import { bytesOf, type MediaSink } from '../mse/media-sink.js';
import type { ToPage } from './messages.js';

/** A page that does not read its messages (because a dialogue is open) must not fill up the memory. */
const MAX_UNTAKEN_BYTES = 16 * 1024 * 1024;

/** Sends fragments to source buffers on the page. */
export class PageSink implements MediaSink {
  readonly #media: number;
  readonly #post: (message: ToPage, transfer: Transferable[]) => void;
  readonly #onOverflow: () => void;
  #untaken = 0;
  #closed = false;

  constructor(
    media: number,
    post: (message: ToPage, transfer: Transferable[]) => void,
    onOverflow: () => void,
  ) {
    this.#media = media;
    this.#post = post;
    this.#onOverflow = onOverflow;
  }

  append(fragments: readonly Fragment[]): void {
    if (this.#closed) return;
    this.#untaken += bytesOf(fragments);
    if (this.#untaken > MAX_UNTAKEN_BYTES) {
      this.close();
      this.#onOverflow();
      return;
    }
    const buffers = new Set(fragments.map(({ data }) => data.buffer));
    this.#post({ type: 'fragments', media: this.#media, fragments }, [...buffers]);
  }

  taken(bytes: number): void {
    this.#untaken -= bytes;
  }

  /** The page knows better. */
  setPlayhead(_playhead: Seconds): void {}

  close(): void {
    this.#closed = true;
  }
}
