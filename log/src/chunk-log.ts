import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { KeyValueTable } from '@topicast/contracts/typed-table';
import type { Milliseconds } from '@topicast/contracts/units';

/** A record to write: pure MPEG-TS bytes, and the chunk header that accompanies them. */
export interface NewRecord {
  readonly header: ChunkHeader;
  readonly value: Uint8Array;
}

/** A record as read from the log. `header` is absent in records of somebody else's producer. */
export interface LogRecord {
  readonly offset: number;
  /** When the log took it in, wall clock. */
  readonly timestamp: Milliseconds;
  readonly header: ChunkHeader | undefined;
  /** May be shared with other readers, so nobody may change it; the log never reuses its buffer. */
  readonly value: Uint8Array;
}

/**
 * Where a tail begins. An offset before the earliest is clamped to it, and so is one beyond the end. `keyframe` is the
 * newest keyframe chunk or, if there is none, the next record (in a topic without headers: the records of the 15 s
 * before the newest one).
 */
export type TailStart =
  | { readonly at: 'earliest' }
  | { readonly at: 'live' }
  | { readonly at: 'keyframe' }
  | { readonly at: 'offset'; readonly offset: number }
  | { readonly at: 'time'; readonly time: Milliseconds };

export interface Retention {
  /** For a stream, this is how far back the log reaches. */
  readonly retentionMs: Milliseconds;
  /** Per partition; if absent, only the time limits. */
  readonly retentionBytes?: number;
}

export interface TopicSettings extends Retention {
  readonly partitions: number;
}

/** Offsets of a partition: that of the first record that is still there, and that of the next record. */
export interface Bounds {
  readonly earliest: number;
  readonly next: number;
}

/** Reads a log of chunks: one topic per stream, one partition per rendition. */
export interface ChunkReader {
  bounds(stream: StreamId, rendition: number): Promise<Bounds>;
  /**
   * The offsets that the next records will get, for each rendition of many streams at once: a cheap way to see which of
   * them grow. A stream without a topic is left out; undefined stands for a rendition whose offset is unknown at the
   * moment.
   */
  ends(streams: readonly StreamId[]): Promise<Map<StreamId, (number | undefined)[]>>;
  /**
   * Read continuously: batches of records in order, each as soon as it is durable, until the signal aborts (then it
   * returns) or the topic is gone. It continues by itself when the log comes back after an outage. Damaged records are
   * skipped and logged: the damage costs those records, not the tail.
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
   * record when they are durable: acknowledged by all in-sync replicas, or, in the embedded log, handed to the
   * operating system, which survives a kill -9. The caller must keep at most one call per partition in flight.
   */
  append(stream: StreamId, rendition: number, records: readonly NewRecord[]): Promise<number>;
}

/** Which streams have a topic. */
export interface ChunkTopics {
  /**
   * Create a stream's topic. An existing topic takes the requested retention, gets the partitions that it lacks, and
   * otherwise stays as it is: partitions are never removed. Resolves when the topic can be read and written.
   */
  createTopic(stream: StreamId, settings: TopicSettings): Promise<void>;
  /**
   * Delete a stream's topic with everything in it; its tails end with `unknown-topic`. It is no error if there is no
   * topic.
   */
  deleteTopic(stream: StreamId): Promise<void>;
  /** The streams that have a topic. */
  topics(): Promise<StreamId[]>;
}

export interface Tables {
  /**
   * Open a compacted topic; it is created if it does not exist. Returns the same object for the same name.
   * `topicast.status` and `topicast.thumbnails` may begin empty if their writers live and die with the log, as with the
   * embedded log.
   */
  table(name: string): Promise<Table>;
}

export interface Shares {
  /**
   * Share the rows of a table with the other members of a group, wherever they run: each row has one owner. Resolves
   * when the table is open; joining the group continues in the background, for as long as it takes. In the embedded
   * log, which belongs to one process, every member owns all rows at once.
   */
  share(group: string, table: string, options: ShareOptions): Promise<Share>;
}

export interface EventTopics {
  /**
   * Open a topic of events. It is created if it does not exist; otherwise it takes the requested retention. Use
   * `openEvents` instead, which checks every event against a schema.
   */
  eventTopic(name: string, retention: Retention): Promise<EventTopic>;
}

/** The connection to the log as a whole. */
export interface LogConnection {
  /** Resolves if the log answers and, where we can try that, accepts a write. */
  ping(): Promise<void>;
  /** What an operator should fix soon, although everything still works; undefined if there is nothing. */
  readonly warning?: string | undefined;
  close(): Promise<void>;
}

/** What a log gives to other processes over a connection: everything but shares, which belong to the log itself. */
export type ServedLog = ChunkReader & ChunkWriter & ChunkTopics & Tables & EventTopics & LogConnection;

/**
 * The whole log. Its implementations, embedded/ (LMDB) and kafka/, pass one contract suite; remote/ passes it for what
 * it serves. Callers take the small interfaces that they need. All methods reject with a {@link LogError}.
 */
export type ChunkLog = ServedLog & Shares;

/**
 * The latest value of each key, kept in memory and in step with the log. An open table has read everything that was in
 * it.
 */
export type Table = KeyValueTable;

export interface ShareOptions {
  /** The member's name, for people who look at the group. */
  readonly member: string;
  /** How long a member may be silent before its rows go to others. The brokers may demand more. */
  readonly sessionTimeout: Milliseconds;
}

/** A member's part of a shared table. */
export interface Share {
  /** Whether a row with this key belongs to this member. Before the member has joined the group, no row does. */
  owns(key: string): boolean;
  /**
   * Whether the group has confirmed the ownership within the session timeout. While it has not, the last ownership
   * still counts here, but the group may have given the rows to others.
   */
  readonly confirmed: boolean;
  /** The listener is called when the owned rows change. Returns a function that removes it. */
  onChange(listener: () => void): () => void;
  /** Give up all rows, and tell the group, so that others take over at once. Never rejects. */
  leave(): Promise<void>;
}

/** An event to write: JSON text, and the key of what it is about. */
export interface NewEventRecord {
  readonly key: string | undefined;
  readonly json: string;
}

/** An event as read from the log. If somebody else's producer wrote it, `json` may be anything. */
export interface EventRecord extends NewEventRecord {
  readonly offset: number;
  /** When the log took it in, wall clock. */
  readonly timestamp: Milliseconds;
}

/** Where a tail of events begins, like {@link TailStart}; but events have no keyframes. */
export type EventStart = Exclude<TailStart, { readonly at: 'keyframe' }>;

/** Events in the one order in which the log took them in. */
export interface EventTopic {
  /** Like {@link ChunkWriter.append}, but any number of calls may be in flight; they are written in order. */
  append(events: readonly NewEventRecord[]): Promise<number>;
  /** Like {@link ChunkReader.tail}. */
  tail(start: EventStart, signal: AbortSignal): AsyncIterable<readonly EventRecord[]>;
}

export type LogErrorCode =
  /** The stream has no topic. */
  | 'unknown-topic'
  /**
   * The log does not answer. It is worth trying again; repeat an append with the same batch, as it may have been
   * written.
   */
  | 'unavailable'
  /** No room left on the disk. */
  | 'full'
  /** Another process has the data folder open. */
  | 'locked'
  /** An impossible record, name or partition, or a damaged table. */
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
