import type { ChunkSamples } from '@topicast/media/samples';
import type { DestinationError } from './destination-error.js';

/** What a chunk of the log holds, as outlets take it. */
export interface SentChunk {
  readonly samples: ChunkSamples;
  /** Media can begin here. */
  readonly isStart: boolean;
  /** And it is on air, not what the log still has of before. */
  readonly mayConnect: boolean;
  /** What the stream has at present. */
  readonly tracks: { readonly video: boolean; readonly audio: boolean };
}

/** What has happened in a connection so far. */
export interface OutletFigures {
  readonly sentBytes: number;
  /** They wait for the destination. */
  readonly unsentBytes: number;
  readonly droppedPictures: number;
  /** What of the stream the destination does not take, in words. */
  readonly problem: string | undefined;
}

/** A connection to a destination that takes media. */
export interface Outlet {
  readonly figures: OutletFigures;
  /** Resolves when the connection is over, with the reason, unless we closed it. */
  readonly ended: Promise<DestinationError>;
  /** Never throws, and never waits: what the destination cannot take is dropped, and counted. */
  take(chunk: SentChunk): void;
  /** Say goodbye. Never rejects, and takes half a second at most. */
  close(): Promise<void>;
}
