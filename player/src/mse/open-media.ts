import type { MediaSink, MediaSinkEvents } from './media-sink.js';
import { SourceBuffers } from './source-buffers.js';
import { sourceClass } from './support.js';

/** In a worker: the handle goes to the page, for the `srcObject` of its video element. */
export function openWorkerMedia(events: MediaSinkEvents): { handle: MediaSourceHandle; sink: MediaSink } {
  // `handle` exists where canConstructInDedicatedWorker does; the DOM library describes the page's side only.
  const source = new MediaSource() as MediaSource & { readonly handle: MediaSourceHandle };
  return { handle: source.handle, sink: new SourceBuffers(source, events) };
}

/** On the page: attach the address to the video element, and revoke it when another one replaces it. */
export function openPageMedia(events: MediaSinkEvents): { address: string; sink: MediaSink } {
  const Source = sourceClass();
  if (!Source) throw new Error('no Media Source Extensions');
  const source = new Source();
  return { address: URL.createObjectURL(source), sink: new SourceBuffers(source, events) };
}
