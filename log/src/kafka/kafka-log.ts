import type { StreamId } from '@topicast/contracts/stream-id';
import type { Logger } from 'pino';
import type {
  Bounds,
  ChunkLog,
  EventTopic,
  LogRecord,
  NewRecord,
  Retention,
  Share,
  ShareOptions,
  Table,
  TailStart,
  TopicSettings,
} from '../chunk-log.js';
import { checkAppend, checkPartitionCount } from '../records.js';
import { checkTableName } from '../table-view.js';
import type { Cluster } from './brokers/cluster.js';
import { Routes } from './brokers/routes.js';
import { Calls } from './calls.js';
import { KafkaShare } from './group/share.js';
import type { KafkaLogOptions } from './options.js';
import { endsOf } from './read/ends.js';
import { Offsets } from './read/offsets.js';
import { Reader } from './read/reader.js';
import { Tails } from './read/tails.js';
import { KafkaEventTopic } from './topics/kafka-event-topic.js';
import { KafkaTables } from './topics/kafka-tables.js';
import { retainedConfig } from './topics/topic-config.js';
import type { TopicNames } from './topics/topic-names.js';
import { Topics } from './topics/topics.js';
import { chunkMessage } from './write/messages.js';
import { Writer } from './write/writer.js';

export class KafkaLog implements ChunkLog {
  readonly #cluster: Cluster;
  readonly #names: TopicNames;
  readonly #options: KafkaLogOptions & { readonly clientId: string; readonly logger: Logger };
  readonly #calls = new Calls();
  readonly #routes: Routes;
  readonly #offsets: Offsets;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #topics: Topics;
  readonly #tails: Tails;
  readonly #tables: KafkaTables;
  readonly #shares = new Set<KafkaShare>();

  constructor(
    cluster: Cluster,
    names: TopicNames,
    options: KafkaLogOptions & { readonly clientId: string; readonly logger: Logger },
  ) {
    this.#cluster = cluster;
    this.#names = names;
    this.#options = options;
    const routes = new Routes(cluster);
    const offsets = new Offsets(routes);
    const reader = new Reader(routes, offsets, cluster.health, this.#calls.closing);
    const writer = new Writer(routes, options.compression);
    const topics = new Topics({ ...options, cluster, names, routes, offsets });
    const calls = this.#calls;
    this.#routes = routes;
    this.#offsets = offsets;
    this.#reader = reader;
    this.#writer = writer;
    this.#topics = topics;
    this.#tails = new Tails(routes, offsets, reader);
    const parts = { calls, names, topics, routes, offsets, reader, writer };
    this.#tables = new KafkaTables({ ...parts, choices: options, logger: options.logger });
  }

  /** Aborts when it is closed. */
  get closing(): AbortSignal {
    return this.#calls.closing;
  }

  async createTopic(stream: StreamId, settings: TopicSettings): Promise<void> {
    checkPartitionCount(settings.partitions);
    await this.#createRetained(this.#names.ofStream(stream), settings.partitions, settings);
  }

  async deleteTopic(stream: StreamId): Promise<void> {
    const topic = this.#names.ofStream(stream);
    await this.#calls.slowly(() => this.#topics.delete(topic));
    await this.#calls.slowly(() => this.#topics.expectGone(topic));
    this.#tails.endOf(topic);
  }

  topics(): Promise<StreamId[]> {
    return this.#calls.do(() => this.#topics.streams());
  }

  async append(stream: StreamId, rendition: number, records: readonly NewRecord[]): Promise<number> {
    const topic = this.#names.ofStream(stream);
    checkAppend(records);
    // Encoded once: every attempt sends the identical batch.
    const messages = records.map(chunkMessage);
    return this.#calls.do(async () => {
      await this.#routes.check(topic, rendition);
      return this.#writer.write(topic, rendition, messages);
    });
  }

  bounds(stream: StreamId, rendition: number): Promise<Bounds> {
    const topic = this.#names.ofStream(stream);
    return this.#calls.do(async () => {
      await this.#routes.check(topic, rendition);
      return this.#offsets.bounds(topic, rendition);
    });
  }

  async ends(streams: readonly StreamId[]): Promise<Map<StreamId, (number | undefined)[]>> {
    const topics = new Map(streams.map((stream) => [this.#names.ofStream(stream), stream]));
    const ends = await this.#calls.do(() => endsOf(this.#routes, [...topics.keys()]));
    return new Map([...ends].map(([topic, offsets]) => [topics.get(topic)!, offsets]));
  }

  async *tail(
    stream: StreamId,
    rendition: number,
    start: TailStart,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LogRecord[]> {
    this.#calls.checkOpen();
    yield* this.#tails.read(this.#names.ofStream(stream), rendition, start, signal);
  }

  async table(name: string): Promise<Table> {
    this.#calls.checkOpen();
    return this.#tables.open(name);
  }

  async eventTopic(name: string, retention: Retention): Promise<EventTopic> {
    checkTableName(name);
    const topic = this.#names.ofEvents(name);
    await this.#createRetained(topic, 1, retention);
    return new KafkaEventTopic(topic, this.#calls, this.#writer, this.#tails);
  }

  async share(group: string, table: string, options: ShareOptions): Promise<Share> {
    this.#calls.checkOpen();
    const shared = await this.#tables.open(table);
    this.#calls.checkOpen();
    const { brokers, clientId, security = {}, logger } = this.#options;
    const share = new KafkaShare(shared, this.#names.of(group), {
      ...options,
      client: { brokers, clientId, security, logger },
    });
    this.#shares.add(share);
    return share;
  }

  async ping(): Promise<void> {
    await this.#calls.do(() => this.#cluster.metadata([this.#names.of('topicast.streams')]), 0);
    // A process whose table was deleted keeps the old rows until it ends, so it is no longer ready.
    this.#tables.check();
  }

  async close(): Promise<void> {
    if (this.#calls.closing.aborted) return;
    this.#calls.close();
    const left = Promise.all([...this.#shares].map((share) => share.leave()));
    this.#tails.close();
    // Close the reader before we wait for the tables: this ends a table that is still being read for the first time.
    this.#reader.close();
    await this.#tables.close();
    this.#cluster.close();
    await left;
  }

  #createRetained(topic: string, partitions: number, retention: Retention): Promise<void> {
    const config = retainedConfig(retention, this.#options);
    return this.#calls.slowly(() => this.#topics.create(topic, partitions, config));
  }
}
