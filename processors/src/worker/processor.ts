import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import type { Gap } from '@topicast/log';

/** A stream as the tables show it. */
export interface StreamView {
  readonly id: StreamId;
  readonly row: StreamRow;
  /** What its producer says; undefined: nothing, or the producer is dead. */
  readonly status: StreamStatus | undefined;
}

/** A chunk in the one order that its rendition has: nothing twice, nothing of an encoder that was replaced. */
export interface ReadChunk {
  readonly offset: number;
  readonly header: ChunkHeader;
  /** Whole TS packets. Shared with other readers: nobody may change it. */
  readonly value: Uint8Array;
  /**
   * Why it does not continue the chunk before. A chunk with a gap is a keyframe. `session`: another encoder has begun,
   * with a time line of its own.
   */
  readonly gap: Gap | undefined;
}

/**
 * Why work ends. `over`: there is nothing to do any more, so what it left in tables is removed. `moved`: another
 * process does it, or will, or it begins again with another rendition.
 */
export type EndReason = 'over' | 'moved';

/** What a processor does with one rendition of one stream. */
export interface Work {
  /**
   * Takes each chunk, the first of which is a keyframe. A promise holds the reading back: the log keeps what waits.
   * An error ends this work, and another one begins at the live edge after a pause.
   */
  take(chunk: ReadChunk): void | Promise<void>;
  /** The row or the status has changed, or its producer has died or come back. */
  update?(stream: StreamView): void;
  /** Called once, and nothing after it. Never rejects for long: what it cannot finish in 3 s is left behind. */
  close(because: EndReason): Promise<void>;
}

/** A reader of the log that does work. Each has a consumer group of its own, which shares the streams out. */
export interface Processor {
  /** In the name of its group, its metrics and its log lines: `[a-z]+`. */
  readonly name: string;
  /** Each stream that it follows costs so much that a process can follow only so many. Absent: as many as there are. */
  readonly mostStreams?: number;
  /** The rendition to read; undefined: there is nothing to do for this stream at present. Pure. */
  renditionOf(stream: StreamView): number | undefined;
  /** Begin to work. */
  follow(stream: StreamView): Work;
  /**
   * There is nothing to do for one of the known streams, which is ours: remove what was left about it. Called every
   * second until it is not known any more. The stream is undefined once it was deleted.
   */
  tidy?(id: StreamId, stream: StreamView | undefined): void;
  /** The streams about which it has left something in tables. */
  known?(): Iterable<StreamId>;
  /** For a processor with wishes of its own: the listener makes its streams be looked at again. */
  onChange?(listener: () => void): () => void;
  /** After all its work has ended. */
  close?(): Promise<void>;
}

/** Whether its producer is alive and says that it is on air. */
export const isLive = ({ row, status }: StreamView): boolean => row.enabled && status?.state === 'live';
