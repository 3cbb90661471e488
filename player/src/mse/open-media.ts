import type { MediaSink, MediaSinkEvents } from './media-sink.js';
import { SourceBuffers } from './source-buffers.js';

/** Safari on iPhones has only this one (W3C MSE 3.16); we can ignore its extra events. */
declare const ManagedMediaSource: typeof MediaSource | undefined;

export const workerHasMedia = (): boolean =>
  typeof MediaSource !== 'undefined' && MediaSource.canConstructInDedicatedWorker === true;

/** In a worker: the handle goes to the page, for the `srcObject` of its video element. */
export function openWorkerMedia(events: MediaSinkEvents): { handle: MediaSourceHandle; sink: MediaSink } {
  // `handle` exists where canConstructInDedicatedWorker does; the DOM library describes the page's side only.
  const source = new MediaSource() as MediaSource & { readonly handle: MediaSourceHandle };
  return { handle: source.handle, sink: new SourceBuffers(source, events) };
}

function sourceClass(): typeof MediaSource | undefined {
  if (typeof MediaSource !== 'undefined') return MediaSource;
  return typeof ManagedMediaSource !== 'undefined' ? ManagedMediaSource : undefined;
}

export const pageHasMedia = (): boolean => sourceClass() !== undefined;

/** Whether source buffers of this MIME type can be made here: on the page, or in a worker that has media. */
export const canPlay = (mimeType: string): boolean => sourceClass()?.isTypeSupported(mimeType) === true;

/** On the page: attach the address to the video element, and revoke it when another one replaces it. */
export function openPageMedia(events: MediaSinkEvents): { address: string; sink: MediaSink } {
  const Source = sourceClass();
  if (!Source) throw new Error('no Media Source Extensions');
  const source = new Source();
  return { address: URL.createObjectURL(source), sink: new SourceBuffers(source, events) };
}
