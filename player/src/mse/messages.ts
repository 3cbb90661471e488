import type { Fragment } from '@topicast/media/fmp4';
import type { BufferEdge } from './media-sink.js';

/** From the worker's part to the page's. */
export type FromSources =
  /** A new media source: attach it. Without a handle the page makes its own. */
  | { readonly type: 'media'; readonly media: number; readonly handle: MediaSourceHandle | undefined }
  | { readonly type: 'fragments'; readonly media: number; readonly fragments: readonly Fragment[] }
  | { readonly type: 'edge'; readonly media: number; readonly edge: BufferEdge };
