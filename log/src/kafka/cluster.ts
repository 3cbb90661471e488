import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type ISocketFactory, logLevel } from 'kafkajs';
import type { Logger } from 'pino';
import { LogError } from '../chunk-log.js';
import { backOff } from './backoff.js';
import { KafkaError } from './error-codes.js';
import { type Api, type KafkajsBroker, makeBroker, makeLogger, send, UndecodableError } from './kafkajs-private.js';
import { Outage, quietly } from './outage.js';

/** A broker serves the requests of one connection in their order: what waits for data must not share one. */
export const Lane = { requests: 0, longPolls: 1 } as const;
export type Lane = (typeof Lane)[keyof typeof Lane];

const CONNECTION_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 5_000;
/** How long a request is tried again before the caller hears `unavailable`. */
export const PATIENCE_MS = 10_000;
/** A topic that was just made is not known by all brokers at once. */
const UNKNOWN_TOPIC_ATTEMPTS = 4;

interface Address {
  readonly host: string;
  readonly port: number;
  readonly nodeId: number | null;
}

/** A broker and its connections. One that failed is thrown away, for kafkajs's keep half a response over a reconnect. */
export interface Node extends Address {
  readonly broker: KafkajsBroker;
  readonly ready: Promise<unknown>;
}

interface Metadata {
  readonly brokers: readonly { nodeId: number; host: string; port: number }[];
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  }[];
}

/** Leaders by partition. */
type Leaders = ReadonlyMap<number, number>;

/** The brokers of a Kafka cluster, who leads what, and requests to them. */
export class Cluster {
  readonly outage: Outage;
  readonly #nodes = new Map<number, Node>();
  readonly #leaders = new Map<string, Leaders>();
  readonly #lookups = new Map<string, Promise<Leaders>>();
  readonly #seeds: readonly Address[];
  readonly #options: Parameters<typeof makeBroker>[1];
  readonly #closing = new AbortController();
  #seed: Node | undefined;
  #nextSeed = 0;

  constructor(brokers: readonly string[], clientId: string, logger: Logger, outage?: Outage) {
    this.outage = outage ?? new Outage(logger, brokers.join(','));
    this.#seeds = brokers.map((text) => {
      const colon = text.lastIndexOf(':');
      return {
        host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'),
        port: Number(text.slice(colon + 1)),
        nodeId: null,
      };
    });
    this.#options = {
      clientId,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      enforceRequestTimeout: true,
      socketFactory,
      logger: makeLogger(logLevel.WARN, quietly(logger)),
    };
  }

  /** Aborted when the cluster is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /**
   * Send one request once. A failure of the connection is reported and ends all of that broker's connections.
   * @throws {LogError} `unavailable`, `closed`, `invalid` for records that cannot be decoded
   */
  async request<T>(node: Node, lane: Lane, api: Api, parameters: object): Promise<T> {
    this.checkOpen();
    try {
      await node.ready;
      const response = (await send(node.broker, lane, api, parameters)) as T;
      this.outage.answered();
      return response;
    } catch (error) {
      this.checkOpen();
      if (error instanceof UndecodableError) throw new LogError('invalid', error.message, { cause: error });
      this.#discard(node);
      this.outage.failed(error);
      throw new LogError('unavailable', `Kafka does not answer: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** @throws {LogError} `unknown-topic`, `invalid` for a partition that is not there, `unavailable` */
  async leader(topic: string, partition: number): Promise<Node> {
    const leaders = this.#leaders.get(topic) ?? (await this.#lookUp(topic));
    const nodeId = leaders.get(partition);
    if (nodeId === undefined) {
      throw new LogError('invalid', `partition ${partition} does not exist: ${topic} has ${leaders.size}`);
    }
    const node = this.#nodes.get(nodeId);
    if (node) return node;
    this.forget(topic);
    throw new LogError('unavailable', `${topic}, partition ${partition}: no leader at the moment`);
  }

  /** @throws {LogError} `unknown-topic`, `unavailable` */
  async partitions(topic: string): Promise<number[]> {
    return [...(this.#leaders.get(topic) ?? (await this.#lookUp(topic))).keys()].sort((a, b) => a - b);
  }

  /** What is known of a topic is stale: look it up the next time. */
  forget(topic: string): void {
    this.#leaders.delete(topic);
  }

  /** The names of all topics. */
  async topics(): Promise<string[]> {
    const { topicMetadata } = await this.#metadata([]);
    const gone = KafkaError.unknownTopicOrPartition;
    return topicMetadata.filter(({ topicErrorCode }) => topicErrorCode !== gone).map(({ topic }) => topic);
  }

  /** All brokers, freshly looked up. */
  async nodes(): Promise<Node[]> {
    if (this.#nodes.size === 0) await this.topics();
    return [...this.#nodes.values()];
  }

  /** Any broker that can be reached. */
  async anyNode(): Promise<Node> {
    const known = [...this.#nodes.values()];
    return known[Math.floor(Math.random() * known.length)] ?? this.#seedNode();
  }

  /**
   * Try something until it works: again after `unavailable`, for up to `patienceMs`, and a few times after
   * `unknown-topic`; other errors are final. @throws {LogError}
   */
  async patiently<T>(action: () => Promise<T>, patienceMs = PATIENCE_MS, signal = this.closed): Promise<T> {
    const limit = performance.now() + patienceMs;
    for (let attempt = 0, unknown = 0; ; attempt++) {
      this.checkOpen();
      try {
        return await action();
      } catch (error) {
        const code = error instanceof LogError ? error.code : undefined;
        const again =
          code === 'unavailable' || (code === 'unknown-topic' && ++unknown < UNKNOWN_TOPIC_ATTEMPTS);
        if (!again || signal.aborted || performance.now() > limit) throw error;
      }
      await backOff(attempt, signal);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const nodes = [...this.#nodes.values(), ...(this.#seed ? [this.#seed] : [])];
    this.#nodes.clear();
    this.#seed = undefined;
    await Promise.all(nodes.map(disconnect));
  }

  checkOpen(): void {
    if (this.closed.aborted) throw new LogError('closed', 'the log is closed');
  }

  #lookUp(topic: string): Promise<Leaders> {
    const running = this.#lookups.get(topic);
    if (running) return running;
    const lookup = this.#leadersOf(topic).finally(() => this.#lookups.delete(topic));
    this.#lookups.set(topic, lookup);
    return lookup;
  }

  async #leadersOf(topic: string): Promise<Leaders> {
    const { topicMetadata } = await this.#metadata([topic]);
    const found = topicMetadata.find((each) => each.topic === topic);
    if (!found || found.topicErrorCode === KafkaError.unknownTopicOrPartition) {
      throw new LogError('unknown-topic', `there is no topic ${topic}`);
    }
    if (found.topicErrorCode !== KafkaError.none && found.topicErrorCode !== KafkaError.leaderNotAvailable) {
      throw new LogError('unavailable', `${topic}: Kafka answers with error ${found.topicErrorCode}`);
    }
    const leaders: Leaders = new Map(found.partitionMetadata.map((each) => [each.partitionId, each.leader]));
    this.#leaders.set(topic, leaders);
    return leaders;
  }

  /** No names: all topics. */
  async #metadata(topics: readonly string[]): Promise<Metadata> {
    const node = await this.anyNode();
    const parameters = { topics, allowAutoTopicCreation: false };
    const metadata = await this.request<Metadata>(node, Lane.requests, 'Metadata', parameters);
    await this.#meet(metadata.brokers);
    return metadata;
  }

  async #meet(brokers: Metadata['brokers']): Promise<void> {
    for (const address of brokers) {
      const known = this.#nodes.get(address.nodeId);
      if (known && known.host === address.host && known.port === address.port) continue;
      const node = await this.#open(address);
      const meanwhile = this.#nodes.get(address.nodeId);
      if (meanwhile) this.#discard(meanwhile);
      this.#nodes.set(address.nodeId, node);
    }
    const present = new Set(brokers.map(({ nodeId }) => nodeId));
    for (const [nodeId, node] of this.#nodes) if (!present.has(nodeId)) this.#discard(node);
  }

  async #seedNode(): Promise<Node> {
    this.#seed ??= await this.#open(this.#seeds[this.#nextSeed++ % this.#seeds.length]!);
    return this.#seed;
  }

  async #open(address: Address): Promise<Node> {
    const broker = await makeBroker(address, this.#options);
    // Both connections now, one after the other: kafkajs opens a second socket for whoever asks meanwhile.
    const ready = broker.connect().then(() => broker.connectionPool.getConnection(Lane.longPolls));
    ready.catch(() => undefined);
    return { ...address, broker, ready };
  }

  #discard(node: Node): void {
    if (node.nodeId !== null && this.#nodes.get(node.nodeId) === node) this.#nodes.delete(node.nodeId);
    if (this.#seed === node) this.#seed = undefined;
    this.#leaders.clear();
    void disconnect(node);
  }
}

const disconnect = ({ broker }: Node): Promise<void> => broker.disconnect().catch(() => undefined);

/** kafkajs leaves Nagle's algorithm on, which holds small requests back for up to 40 ms. */
const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl ? connectTls({ host, port, ...ssl }, onConnect) : connectTcp({ host, port }, onConnect);
  return socket.setNoDelay(true).setKeepAlive(true, 60_000);
};
