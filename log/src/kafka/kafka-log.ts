import { setMaxListeners } from 'node:events';
import { CHUNK_HEADER_KEY, encodeChunkHeader } from '@topicast/contracts/chunk-header';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { Logger } from 'pino';
import {
  type Bounds,
  type ChunkLog,
  LogError,
  type LogRecord,
  type NewRecord,
  type Share,
  type ShareOptions,
  type TailStart,
  type TopicSettings,
} from '../chunk-log.js';
import { checkAppend, checkPartitionCount } from '../records.js';
import { checkTableName } from '../table-view.js';
import type { Cluster } from './brokers/cluster.js';
import { Routes } from './brokers/routes.js';
import { closedLog, unknownTopic } from './errors.js';
import { KafkaShare } from './group/share.js';
import type { KafkaLogOptions } from './options.js';
import { Offsets } from './read/offsets.js';
import { Reader } from './read/reader.js';
import { Tail } from './read/tail.js';
import { startOffset } from './read/tail-start.js';
import { retry } from './retry.js';
import { checkNoStream, KafkaTable, tablePartitions } from './topics/kafka-table.js';
import { tableConfig, videoConfig } from './topics/topic-config.js';
import type { TopicNames } from './topics/topic-names.js';
import { Topics } from './topics/topics.js';
import type { Message } from './wire/kafkajs-private.js';
import { Writer } from './write/writer.js';

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
  readonly #shares = new Set<KafkaShare>();
  /** Why a table that was open shows what is written to it no longer. */
  #lost: LogError | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly names: TopicNames,
    private readonly options: KafkaLogOptions & { readonly clientId: string; readonly logger: Logger },
  ) {
    // Every wait of every call listens to it.
    setMaxListeners(0, this.#closing.signal);
    this.#routes = new Routes(cluster);
    this.#offsets = new Offsets(this.#routes);
    this.#reader = new Reader(this.#routes, this.#offsets, cluster.health, this.#closing.signal);
    this.#writer = new Writer(this.#routes, options.compression);
    this.#topics = new Topics({
      ...options,
      ...{ cluster, names, routes: this.#routes, offsets: this.#offsets },
    });
  }

  /** Aborts when it is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  async createTopic(stream: StreamId, settings: TopicSettings): Promise<void> {
    checkPartitionCount(settings.partitions);
    const config = videoConfig(settings, this.options);
    await this.#slowly(() => this.#topics.create(this.names.ofStream(stream), settings.partitions, config));
  }

  async deleteTopic(stream: StreamId): Promise<void> {
    const topic = this.names.ofStream(stream);
    await this.#slowly(() => this.#topics.delete(topic));
    await this.#slowly(() => this.#topics.expectGone(topic));
    for (const tail of this.#tails) if (tail.topic === topic) tail.end(unknownTopic(topic));
  }

  topics(): Promise<StreamId[]> {
    return this.#call(() => this.#topics.streams());
  }

  async append(stream: StreamId, rendition: number, records: readonly NewRecord[]): Promise<number> {
    const topic = this.names.ofStream(stream);
    checkAppend(records);
    // Encoded once: every attempt sends the identical batch.
    const messages = records.map(asMessage);
    return this.#call(async () => {
      await this.#routes.check(topic, rendition);
      return this.#writer.write(topic, rendition, messages);
    });
  }

  bounds(stream: StreamId, rendition: number): Promise<Bounds> {
    const topic = this.names.ofStream(stream);
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
    const topic = this.names.ofStream(stream);
    const tail = new Tail(this.#reader, topic, rendition);
    const end = (): void => tail.end();
    signal.addEventListener('abort', end);
    this.#tails.add(tail);
    try {
      const begin = await retry(
        async () => {
          await this.#routes.check(topic, rendition);
          const topicId = await this.#routes.topicId(topic);
          const place = { topic, topicId, partition: rendition };
          return { topicId, offset: await startOffset(this.#reader, this.#offsets, place, start) };
        },
        { signal: tail.signal },
      );
      const place = { topic, topicId: begin.topicId, partition: rendition };
      yield* tail.batches(begin, (offset) =>
        startOffset(this.#reader, this.#offsets, place, { at: 'offset', offset }),
      );
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#tails.delete(tail);
      signal.removeEventListener('abort', end);
    }
  }

  async table(name: string): Promise<KafkaTable> {
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

  async share(group: string, table: string, options: ShareOptions): Promise<Share> {
    const shared = await this.table(table);
    this.#checkOpen();
    const { brokers, clientId, security = {}, logger } = this.options;
    const share = new KafkaShare(shared, this.names.of(group), {
      ...options,
      client: { brokers, clientId, security, logger },
    });
    this.#shares.add(share);
    return share;
  }

  async ping(): Promise<void> {
    await this.#call(() => this.cluster.metadata([this.names.of('topicast.streams')]), 0);
    // Whoever holds it keeps its old rows for as long as the process lives, which is not ready any more.
    if (this.#lost) throw this.#lost;
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const closed = closedLog();
    this.#closing.abort(closed);
    const left = Promise.all([...this.#shares].map((share) => share.leave()));
    for (const tail of this.#tails) tail.end(closed);
    // Before the tables are waited for: one that is still being read for the first time ends with it.
    this.#reader.close();
    for (const table of await Promise.allSettled(this.#tables.values())) {
      if (table.status === 'fulfilled') table.value.close();
    }
    this.cluster.close();
    await left;
  }

  async #openTable(name: string): Promise<KafkaTable> {
    const topic = this.names.of(name);
    const config = tableConfig(this.options);
    await this.#slowly(() => this.#topics.create(topic, tablePartitions(name), config));
    const bounds = await this.#slowly(async () => {
      const partitions = Array.from({ length: await this.#routes.partitionCount(topic) }, (_, n) => n);
      return this.#offsets.boundsOf(topic, partitions);
    });
    const table = new KafkaTable(topic, bounds, this.#reader, (partition, key, value) => {
      const message = asRow(key, value);
      return this.#call(() => this.#writer.write(topic, partition, [message]));
    });
    await table.caughtUp(bounds, SLOW_CALL_LIMIT_MS);
    void table.failed.then((reason) => this.#lose(name, reason));
    return table;
  }

  /** Who holds it goes on with rows that change no more: say so. Asked for again, it is opened anew. */
  #lose(name: string, cause: Error): void {
    if (this.#closing.signal.aborted) return;
    this.#tables.delete(name);
    const words = `the table "${name}" is followed no longer (${cause.message}); mend its topic and start again`;
    this.options.logger.error(words);
    this.#lost ??= new LogError('invalid', words, { cause });
  }

  /** Do it, again and again for a while if the log is away. @throws {LogError} */
  #call<T>(attempt: () => Promise<T>, limitMs = CALL_LIMIT_MS): Promise<T> {
    return retry(attempt, { limitMs, signal: this.#closing.signal });
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
