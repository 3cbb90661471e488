import { setMaxListeners } from 'node:events';
import { CHUNK_HEADER_KEY, encodeChunkHeader } from '@topicast/contracts/chunk-header';
import { type StreamId, topicOf } from '@topicast/contracts/stream-id';
import {
  type Bounds,
  type ChunkLog,
  LogError,
  type LogRecord,
  type NewRecord,
  type Table,
  type TailStart,
  type TopicSettings,
} from '../chunk-log.js';
import { checkAppend, checkPartitionCount } from '../records.js';
import { checkTableName } from '../table-view.js';
import type { Cluster } from './cluster.js';
import { closedLog, unknownTopic } from './kafka-errors.js';
import { checkNoStream, KafkaTable, tablePartitions } from './kafka-table.js';
import type { Message } from './kafkajs-private.js';
import { Offsets } from './offsets.js';
import { persist } from './persist.js';
import { Reader } from './reader.js';
import { Routes } from './routes.js';
import { Tail } from './tail.js';
import { startOffset } from './tail-start.js';
import { Topics, tableConfig, videoConfig } from './topics.js';
import { Writer } from './writer.js';

/** How long a call goes on trying while the log is away, before it rejects with `unavailable`. Tails never give up. */
const CALL_LIMIT_MS = 5000;
/** Making and deleting topics, and reading a table for the first time, take longer. */
const SLOW_CALL_LIMIT_MS = 30_000;

export class KafkaLog implements ChunkLog {
  readonly #closing = new AbortController();
  readonly #routes: Routes;
  readonly #offsets: Offsets;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #topics: Topics;
  readonly #tails = new Set<Tail>();
  readonly #tables = new Map<string, Promise<KafkaTable>>();

  constructor(
    private readonly cluster: Cluster,
    replicationFactor: number | undefined,
  ) {
    // Every wait of every call listens to it.
    setMaxListeners(0, this.#closing.signal);
    this.#routes = new Routes(cluster);
    this.#offsets = new Offsets(this.#routes);
    this.#reader = new Reader(this.#routes, this.#offsets, this.#closing.signal);
    this.#writer = new Writer(this.#routes);
    this.#topics = new Topics(cluster, this.#routes, this.#offsets, replicationFactor);
  }

  async createTopic(stream: StreamId, settings: TopicSettings): Promise<void> {
    checkPartitionCount(settings.partitions);
    const config = videoConfig(settings);
    await this.#slowly(() => this.#topics.create(topicOf(stream), settings.partitions, config));
  }

  async deleteTopic(stream: StreamId): Promise<void> {
    const topic = topicOf(stream);
    await this.#slowly(() => this.#topics.delete(topic));
    await this.#slowly(() => this.#topics.expectGone(topic));
    for (const tail of this.#tails) if (tail.topic === topic) tail.end(unknownTopic(topic));
  }

  topics(): Promise<StreamId[]> {
    return this.#call(() => this.#topics.streams());
  }

  async append(stream: StreamId, rendition: number, records: readonly NewRecord[]): Promise<number> {
    const topic = topicOf(stream);
    checkAppend(records);
    // Encoded once: every attempt sends the identical batch.
    const messages = records.map(asMessage);
    return this.#call(async () => {
      await this.#routes.check(topic, rendition);
      return this.#writer.write(topic, rendition, messages);
    });
  }

  bounds(stream: StreamId, rendition: number): Promise<Bounds> {
    const topic = topicOf(stream);
    return this.#call(async () => {
      await this.#routes.check(topic, rendition);
      return this.#offsets.bounds(topic, rendition);
    });
  }

  async *tail(
    stream: StreamId,
    rendition: number,
    start: TailStart,
    signal: AbortSignal,
  ): AsyncIterable<readonly LogRecord[]> {
    this.#checkOpen();
    if (signal.aborted) return;
    const topic = topicOf(stream);
    const tail = new Tail(this.#reader, topic, rendition);
    const end = (): void => tail.end();
    signal.addEventListener('abort', end);
    this.#tails.add(tail);
    try {
      const from = await persist(
        async () => {
          await this.#routes.check(topic, rendition);
          return startOffset(this.#reader, this.#offsets, topic, rendition, start);
        },
        { signal: tail.signal },
      );
      yield* tail.batches(from, (offset) =>
        startOffset(this.#reader, this.#offsets, topic, rendition, { at: 'offset', offset }),
      );
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#tails.delete(tail);
      signal.removeEventListener('abort', end);
    }
  }

  async table(name: string): Promise<Table> {
    this.#checkOpen();
    checkTableName(name);
    checkNoStream(name);
    const known = this.#tables.get(name);
    if (known) return known;
    const opening = this.#openTable(name);
    this.#tables.set(name, opening);
    opening.catch(() => this.#tables.delete(name));
    return opening;
  }

  async ping(): Promise<void> {
    await this.#call(() => this.cluster.metadata(['topicast.streams']), 0);
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const closed = closedLog();
    this.#closing.abort(closed);
    for (const tail of this.#tails) tail.end(closed);
    // Before the tables are waited for: one that is still being read for the first time ends with it.
    this.#reader.close();
    for (const table of await Promise.allSettled(this.#tables.values())) {
      if (table.status === 'fulfilled') table.value.close();
    }
    this.cluster.close();
  }

  async #openTable(name: string): Promise<KafkaTable> {
    await this.#slowly(() => this.#topics.create(name, tablePartitions(name), tableConfig));
    const bounds = await this.#slowly(async () => {
      const partitions = Array.from({ length: await this.#routes.partitionCount(name) }, (_, n) => n);
      return this.#offsets.boundsOf(name, partitions);
    });
    const table = new KafkaTable(name, bounds, this.#reader, (partition, key, value) => {
      const message = asRow(key, value);
      return this.#call(() => this.#writer.write(name, partition, [message]));
    });
    await table.caughtUp(bounds, SLOW_CALL_LIMIT_MS);
    return table;
  }

  /** Do it, again and again for a while if the log is away. @throws {LogError} */
  #call<T>(attempt: () => Promise<T>, limitMs = CALL_LIMIT_MS): Promise<T> {
    return persist(attempt, { limitMs, signal: this.#closing.signal });
  }

  #slowly<T>(attempt: () => Promise<T>): Promise<T> {
    return this.#call(attempt, SLOW_CALL_LIMIT_MS);
  }

  #checkOpen(): void {
    this.#closing.signal.throwIfAborted();
  }
}

function asMessage({ header, value }: NewRecord): Message {
  return {
    key: null,
    value: viewOf(value),
    timestamp: Date.now(),
    headers: { [CHUNK_HEADER_KEY]: viewOf(encoded(header)) },
  };
}

function encoded(header: NewRecord['header']): Uint8Array {
  try {
    return encodeChunkHeader(header);
  } catch (cause) {
    throw new LogError('invalid', (cause as Error).message, { cause });
  }
}

const asRow = (key: string, value: string | undefined): Message => ({
  key: Buffer.from(key),
  value: value === undefined ? null : Buffer.from(value),
  timestamp: Date.now(),
});

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
