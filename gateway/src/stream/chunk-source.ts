import type { Position } from '@topicast/contracts/position';
import type { PathDelays } from '@topicast/contracts/server-message';
import type { LiveChunk } from './live-chunk.js';
import type { Part } from './parts.js';
import type { Protocol } from './protocol.js';
import type { Run } from './run.js';
import type { Subscriber } from './subscriber.js';

/**
 * The chunks of one rendition that can be sent now. Their indexes only grow, whatever is dropped: `first` is the index
 * of the oldest chunk that is kept, `end` the index that the next chunk will get.
 */
export interface ChunkWindow {
  /** Everything that was in the log when reading began has been read: the newest keyframe here is the newest of all. */
  readonly caughtUp: boolean;
  readonly first: number;
  readonly end: number;
  /** Indexes of the keyframe chunks, ascending. */
  readonly keyframes: readonly number[];
  readonly newestKeyframe: number | undefined;
  readonly newest: LiveChunk | undefined;
  /** @throws {RangeError} for an index outside `first` to `end`: a bug. */
  at(index: number): LiveChunk;
  /** The chunks to write in one piece, from `from` on and before `until`. `from` is within `first` to `end`. */
  run(from: number, until: number): Run;
  /** The index of the chunk at exactly this position. */
  find(position: Position): number | undefined;
}

/**
 * Where a viewer connection gets its chunks. A feed, whose ring all its viewers share, is one such source. Everything
 * that a cursor and a connection need is here, so that a reader of the log's history can be another.
 */
export interface ChunkSource {
  readonly rendition: number;
  readonly window: ChunkWindow;
  /** How long its pictures take to here; undefined if that is unknown, or long ago. */
  readonly delays: PathDelays | undefined;
  /** What to write for the chunks `from` up to, not including, `to`. */
  frames(protocol: Protocol, from: number, to: number): Buffer;
  /** A part of one chunk, for viewers of `topicast.v1`. */
  partOf(index: number, part: Part): Buffer;
  /** Tell of new chunks. The source stays open while somebody subscribes. */
  subscribe(subscriber: Subscriber): void;
  unsubscribe(subscriber: Subscriber): void;
}
