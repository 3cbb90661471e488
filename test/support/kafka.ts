import { Kafka, logLevel } from 'kafkajs';
import { kafkaJars } from './kafka-download.js';
import { clusterId, type KafkaNode, type NodeOptions, nodeAddresses, prepareNode } from './kafka-node.js';
import { until } from './poll.js';
import { temporaryFolder } from './temporary.js';

export interface Broker {
  /** `host:port`, as KAFKA_BROKERS takes it. */
  readonly brokers: string;
  /** False for the one of KAFKA_BROKERS, which is not ours to kill or restart. */
  readonly own: boolean;
  /** End it in order and remove its data. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Start it again after `kill`, with the same data at the same address. Resolves when it answers. */
  restart(): Promise<void>;
}

/** Several brokers, each of them a controller too. They are always our own, whatever KAFKA_BROKERS says. */
export interface KafkaCluster {
  /** `host:port,host:port,...`, as KAFKA_BROKERS takes it. */
  readonly brokers: string;
  /** Each can be killed, stopped (SIGSTOP), continued and restarted by itself. */
  readonly nodes: readonly KafkaNode[];
  /** The node that leads a partition now. @throws {Error} if none does within a minute. */
  leaderOf(topic: string, partition: number): Promise<KafkaNode>;
  /** Resolves when every node answers and every replica of every partition is in sync again. */
  untilInSync(): Promise<void>;
  /** End all of it and remove the data. */
  close(): Promise<void>;
}

/** Why there can be no real broker here, as the reason for a skipped suite; undefined if there can be one. */
export function kafkaUnavailable(): string | undefined {
  if (process.env.KAFKA_BROKERS) return undefined;
  return clusterUnavailable();
}

/** Why there can be no cluster of our own here; undefined if there can be one. */
export function clusterUnavailable(): string | undefined {
  const found = kafkaJars();
  return 'problem' in found ? found.problem : undefined;
}

interface BrokerOptions extends NodeOptions {
  /** False: it is only made ready, and `restart` starts it. */
  readonly start?: boolean;
}

/** A real Apache Kafka: the one at KAFKA_BROKERS, or else our own broker with its own data. */
export async function startKafka(options: BrokerOptions = {}): Promise<Broker> {
  if (process.env.KAFKA_BROKERS) return externalBroker(process.env.KAFKA_BROKERS);
  const { nodes, remove } = await prepare(1, options);
  const node = nodes[0]!;
  if (options.start !== false) await node.restart();
  return {
    brokers: node.broker,
    own: true,
    kill: () => node.kill(),
    restart: () => node.restart(),
    async stop() {
      await node.end();
      remove();
    },
  };
}

/** An Apache Kafka of `count` brokers in KRaft combined mode on 127.0.0.1, all of them running and in sync. */
export async function startKafkaCluster(count: number, options: NodeOptions = {}): Promise<KafkaCluster> {
  const { nodes, remove } = await prepare(count, options);
  const brokers = nodes.map(({ broker }) => broker).join(',');
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.kill()));
    remove();
  };

  const metadataFrom = async (node: KafkaNode, topics?: string[]) => {
    const kafka = new Kafka({
      ...options.client,
      brokers: [node.broker],
      logLevel: logLevel.NOTHING,
      connectionTimeout: 1000,
      requestTimeout: 2000,
      retry: { retries: 0 },
    });
    const admin = kafka.admin();
    try {
      await admin.connect();
      const { brokers: alive } = await admin.describeCluster();
      const { topics: found } = await admin.fetchTopicMetadata(topics ? { topics } : undefined);
      return { alive: alive.length, topics: found };
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  };
  /** The answer of the first node to answer, each on its own connection, because one of them may hang. */
  const metadata = (topics?: string[]) =>
    Promise.any(nodes.filter(({ pid }) => pid).map((node) => metadataFrom(node, topics)));
  const leaderOf = (topic: string, partition: number) =>
    until(`partition ${partition} of ${topic} has a leader`, async () => {
      const { topics } = await metadata([topic]);
      const found = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition);
      return nodes.find(({ id }) => id === found?.leader);
    });
  const untilInSync = async (): Promise<void> => {
    await until('all replicas are in sync', async () => {
      const { alive, topics } = await metadata();
      const behind = topics
        .flatMap(({ partitions }) => partitions)
        .filter((p) => p.isr.length < p.replicas.length);
      return alive === nodes.length && behind.length === 0;
    });
  };

  try {
    await Promise.all(nodes.map((node) => node.restart()));
    await untilInSync();
  } catch (error) {
    await close();
    throw error;
  }
  return { brokers, nodes, leaderOf, untilInSync, close };
}

async function prepare(count: number, options: NodeOptions) {
  const found = kafkaJars();
  if ('problem' in found) throw new Error(found.problem);
  const folder = temporaryFolder();
  const all = await nodeAddresses(count);
  const settings = { ...options, jars: found.jars, folder: folder.path, cluster: clusterId() };
  const nodes = await Promise.all(all.map((at) => prepareNode(at, all, settings)));
  return { nodes, remove: () => folder[Symbol.dispose]() };
}

function externalBroker(brokers: string): Broker {
  const refuse = (): Promise<never> =>
    Promise.reject(new Error('the broker of KAFKA_BROKERS is not ours to restart'));
  return { brokers, own: false, stop: async () => {}, kill: refuse, restart: refuse };
}
