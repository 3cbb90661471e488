import { seconds } from '@topicast/contracts/units';
import type { Fragment } from '@topicast/media/fmp4';
import { bytesOf, type MediaSink, type MediaSinkEvents } from '../mse/media-sink.js';
import { openPageMedia } from '../mse/open-media.js';

/** A media source in the video element: the worker's, through its handle, or one on the page that the worker feeds. */
export class AttachedMedia {
  readonly #video: HTMLVideoElement;
  readonly #sink: MediaSink | undefined;
  readonly #address: string | undefined;

  constructor(video: HTMLVideoElement, handle: MediaSourceHandle | undefined, events: MediaSinkEvents) {
    this.#video = video;
    // Safari demands this for managed media sources, and a live stream cannot be cast from its worker.
    video.disableRemotePlayback = true;
    // We need the metadata and the first picture before it plays.
    video.preload = 'auto';
    if (handle) {
      video.removeAttribute('src');
      // The specification includes it in MediaProvider (W3C MSE 3.14), but the library's declarations do not.
      video.srcObject = handle as MediaProvider & MediaSourceHandle;
      return;
    }
    const { address, sink } = openPageMedia(events);
    this.#sink = sink;
    this.#address = address;
    video.srcObject = null;
    video.src = address;
  }

  get isOnPage(): boolean {
    return this.#sink !== undefined;
  }

  /** Returns the bytes taken. */
  append(fragments: readonly Fragment[]): number {
    const bytes = bytesOf(fragments);
    this.#sink?.setPlayhead(seconds(this.#video.currentTime));
    this.#sink?.append(fragments);
    return bytes;
  }

  /** Leaves the video element to whatever comes next. */
  close(): void {
    this.#sink?.close();
    if (this.#address) URL.revokeObjectURL(this.#address);
  }
}
