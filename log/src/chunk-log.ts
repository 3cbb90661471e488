import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { Milliseconds } from '@topicast/contracts/units';

/** A record as it is written: pure MPEG-TS bytes, and the chunk header that goes beside them. */
export interface NewRecord {
  readonly header: ChunkHeader;
  readonly value: Uint8Array;
}

/** A record as it is read. `header` is absent in records of somebody else's producer. */
export interface LogRecord {
  readonly offset: number;
  /** When the log took it in, wall clock. */
  readonly timestamp: Milliseconds;
  readonly header: ChunkHeader | undefined;
  /** May be shared with other readers, who must not change it; the log never uses its buffer again. */
  readonly value: Uint8Array;
}

/** Where a tail begins. An offset before the earliest is clamped to it; `keyframe` is the newest keyframe chunk
 * or, where there is none, whatever comes next (in a topic without headers: what came in the 15 s before the newest
 * record). An offset beyond the end is clamped too. */
export type TailStart =
  | { readonly at: 'earliest' }
  | { readonly at: 'live' }
  | { readonly at: 'keyframe' }
  | { readonly at: 'offset'; readonly offset: number }
  | { readonly at: 'time'; readonly time: Milliseconds };

export interface Retention {
  /** Of a stream: the rewind window. */
  readonly retentionMs: Milliseconds;
  /** Per partition; absent: no limit but time. */
  readonly retentionBytes?: number;
}

export interface TopicSettings extends Retention {
  readonly partitions: number;
}

/** Offsets of a partition: the first that is still there, and the one that the next record will get. */
export interface Bounds {
  readonly earliest: number;
  readonly next: number;
}

/** Reading a log of chunks: one topic a stream, one partition a rendition. */
export interface ChunkReader {
  bounds(stream: StreamId, rendition: number): Promise<Bounds>;
  /**
   * The offset that the next record of each rendition will get, of many streams at once: cheap, to see which of them
   * grow. A stream without a topic is left out; undefined stands for a rendition of which nobody can tell at the moment.
   */
  ends(streams: readonly StreamId[]): Promise<Map<StreamId, (number | undefined)[]>>;
  /**
   * Read on and on: batches of records in order, each as soon as it is durable, until the signal ends it (then it
   * returns) or the topic is gone. Goes on by itself when the log comes back after an outage. What is damaged in the
   * log is passed over and logged: it costs those records, not the tail.
   */
  tail(
    stream: StreamId,
    rendition: number,
    start: TailStart,
    signal: AbortSignal,
  ): AsyncIterable<readonly LogRecord[]>;
}

export interface ChunkWriter {
  /**
   * Append records, in order, all or none; at most `MAX_APPEND_BYTES` at once. Resolves with the offset of the first
   * when they are durable (acknowledged by all in-sync replicas; flushed to the operating system's care by the embedded
   * log, which survives a kill -9). One call in flight per partition is the caller's duty.
   */
  append(stream: StreamId, rendition: number, records: readonly NewRecord[]): Promise<number>;
}

/** Which streams have a topic. */
export interface ChunkTopics {
  /**
   * Make a stream's topic. One that is there already takes the retention asked for, gets the partitions that it has too
   * few of, and stays as it is in all else: partitions are never taken away. Resolves when it can be read and written.
   */
  createTopic(stream: StreamId, settings: TopicSettings): Promise<void>;
  /** Delete a stream's topic with all in it; tails of it end with `unknown-topic`. No error if there is none. */
  deleteTopic(stream: StreamId): Promise<void>;
  /** The streams that have a topic. */
  topics(): Promise<StreamId[]>;
}

export interface Tables {
  /**
   * Open a compacted topic; it is made if it is not there. The same object for the same name. `topicast.status` may
   * begin empty where its writers live and die with the log, as the embedded one's do.
   */
  table(name: string): Promise<Table>;
}

export interface Shares {
  /**
   * Share the rows of a table with the other members of a group, wherever they run: each row has one owner. Resolves
   * when the table is open; joining the group goes on by itself, for as long as it takes. In the embedded log, which
   * belongs to one process, every member owns all rows at once.
   */
  share(group: string, table: string, options: ShareOptions): Promise<Share>;
}

export interface EventTopics {
  /**
   * Open a topic of events; it is made if it is not there, and takes the retention asked for if it is. To be used by
   * way of `openEvents`, which checks every event against a schema.
   */
  eventTopic(name: string, retention: Retention): Promise<EventTopic>;
}

/** The connection to the log as a whole. */
export interface LogConnection {
  /** Resolves if the log answers and, where it can be tried, takes a write. */
  ping(): Promise<void>;
  /** What an operator should mend soon although everything still works; undefined where there is nothing. */
  readonly warning?: string | undefined;
  close(): Promise<void>;
}

/** What a log gives to other processes over a connection: all but shares, which are a matter of the log itself. */
export type ServedLog = ChunkReader & ChunkWriter & ChunkTopics & Tables & EventTopics & LogConnection;

/**
 * The whole log. Its implementations, embedded/ (LMDB) and kafka/, pass one contract suite, and so does remote/ in what
 * it serves. Callers take the small interfaces that they need. All methods reject with a {@link LogError}.
 */
export type ChunkLog = ServedLog & Shares;

/** The latest value of each key, kept in memory and in step with the log. Open means: what was in it has been read. */
export interface Table {
  get(key: string): string | undefined;
  entries(): IterableIterator<[key: string, value: string]>;
  /** Called after each change, also of other processes; returns a function that ends it. */
  onChange(listener: (key: string, value: string | undefined) => void): () => void;
  /** Resolves when the change is durable **and** this table shows it. */
  put(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
}

export interface ShareOptions {
  /** The member's name, for people who look at the group. */
  readonly member: string;
  /** How long nothing may be heard of a member before its rows go to others. The brokers may demand more. */
  readonly sessionTimeout: Milliseconds;
}

/** A member's part of a shared table. */
export interface Share {
  /** Whether the row of this key is this member's, were there such a row. Before the group is joined no row is. */
  owns(key: string): boolean;
  /**
   * Whether the group has confirmed the ownership within the session timeout. While it has not, what was owned last
   * still counts here, but may have been given to others.
   */
  readonly confirmed: boolean;
  /** Called when other rows are owned than before; returns a function that ends it. */
  onChange(listener: () => void): () => void;
  /** Own nothing any more, and tell the group, so that others take over at once. Never rejects. */
  leave(): Promise<void>;
}

/** An event as it is written: JSON text, and the key of what it is about. */
export interface NewEventRecord {
  readonly key: string | undefined;
  readonly json: string;
}

/** An event as it is read. Of somebody else's producer, `json` may be anything. */
export interface EventRecord extends NewEventRecord {
  readonly offset: number;
  /** When the log took it in, wall clock. */
  readonly timestamp: Milliseconds;
}

/** Where a tail of events begins; as {@link TailStart}, for events have no keyframes. */
export type EventStart = Exclude<TailStart, { readonly at: 'keyframe' }>;

/** Events in the one order in which the log took them in. */
export interface EventTopic {
  /** As {@link ChunkWriter.append}; any number of calls may be in flight, and are written in their order. */
  append(events: readonly NewEventRecord[]): Promise<number>;
  /** As {@link ChunkReader.tail}. */
  tail(start: EventStart, signal: AbortSignal): AsyncIterable<readonly EventRecord[]>;
}

export type LogErrorCode =
  /** The stream has no topic. */
  | 'unknown-topic'
  /** The log does not answer; worth trying again, an append as the same batch: it may have been written after all. */
  | 'unavailable'
  /** No room left on the disk. */
  | 'full'
  /** Another process has the data folder open. */
  | 'locked'
  /** A record, name or partition that cannot be, or a table that is damaged. */
  | 'invalid'
  | 'closed';

export class LogError extends Error {
  override readonly name = 'LogError';
  constructor(
    readonly code: LogErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
