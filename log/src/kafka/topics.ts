import { type StreamId, streamOfTopic } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { LogError, type TopicSettings } from '../chunk-log.js';
import { MAX_APPEND_BYTES } from '../records.js';
import type { Cluster } from './cluster.js';
import { refusal, TOPIC_ALREADY_EXISTS, Transient, UNKNOWN_TOPIC } from './kafka-errors.js';
import type { Offsets } from './offsets.js';
import { createTopicsRequest, deleteTopicsRequest } from './requests.js';
import { findTopic, type Routes } from './routes.js';

const BROKER_TIMEOUT = milliseconds(3000);
const NOT_CONTROLLER = 41;
/** Twice what an append may hold: headers and framing fit in any case. */
const MAX_BATCH_BYTES = 2 * MAX_APPEND_BYTES;
/** Where no replication factor is set; fewer where there are fewer brokers. */
const DEFAULT_REPLICAS = 3;
/** Kafka forgets whole segments: eight of them make the rewind window end within an eighth of what was asked. */
const SEGMENTS = 8;
const SHORTEST_SEGMENT_MS = 10_000;
const SMALLEST_SEGMENT_BYTES = 16 * 1024 * 1024;
const LARGEST_SEGMENT_BYTES = 1024 * 1024 * 1024;

export type Config = Readonly<Record<string, string | number>>;

export function videoConfig({ retentionMs, retentionBytes }: TopicSettings): Config {
  const segmentBytes = Math.floor((retentionBytes ?? Number.POSITIVE_INFINITY) / SEGMENTS);
  return {
    'cleanup.policy': 'delete',
    'retention.ms': Math.ceil(retentionMs),
    'retention.bytes': Math.ceil(retentionBytes ?? -1),
    'segment.ms': Math.max(SHORTEST_SEGMENT_MS, Math.ceil(retentionMs / SEGMENTS)),
    'segment.bytes': Math.min(LARGEST_SEGMENT_BYTES, Math.max(SMALLEST_SEGMENT_BYTES, segmentBytes)),
    'max.message.bytes': MAX_BATCH_BYTES,
    // Retention, and rewinding to a time, by one clock, whatever a foreign producer's says.
    'message.timestamp.type': 'LogAppendTime',
    'compression.type': 'producer',
  };
}

export const tableConfig: Config = {
  'cleanup.policy': 'compact',
  // Heartbeats rewrite the same keys: compact early, for a reader reads all that is there.
  'segment.ms': 600_000,
  'min.cleanable.dirty.ratio': 0.1,
  'max.message.bytes': MAX_BATCH_BYTES,
  // A producer whose clock is wrong would be refused.
  'message.timestamp.type': 'LogAppendTime',
};

/** Making, deleting and listing topics. All reject with {LogError} or {Transient}. */
export class Topics {
  constructor(
    private readonly cluster: Cluster,
    private readonly routes: Routes,
    private readonly offsets: Offsets,
    private readonly replicationFactor: number | undefined,
  ) {}

  /** One that is there already stays as it is. Resolves when all its partitions can be read and written. */
  async create(topic: string, partitions: number, config: Config): Promise<void> {
    if (!(await findTopic(this.cluster, topic))) await this.#create(topic, partitions, config);
    this.routes.forget(topic);
    const count = await retryUnknown(() => this.routes.partitionCount(topic));
    await retryUnknown(() =>
      this.offsets.boundsOf(
        topic,
        Array.from({ length: count }, (_, partition) => partition),
      ),
    );
  }

  /** No error if there is none. Kafka deletes in its own time: see {@link expectGone}. */
  async delete(topic: string): Promise<void> {
    if (!(await findTopic(this.cluster, topic))) return;
    const answer = await this.cluster.controller.request('ask', deleteTopicsRequest([topic], BROKER_TIMEOUT));
    const code = answer.topicErrors[0]?.errorCode ?? 0;
    if (code !== 0 && code !== UNKNOWN_TOPIC) throw refusal(`to delete "${topic}"`, code);
  }

  /** @throws {Transient} while any broker still knows it: until then it cannot be made anew */
  async expectGone(topic: string): Promise<void> {
    this.routes.forget(topic);
    if (await findTopic(this.cluster, topic)) throw new Transient(`"${topic}" is still being deleted`);
  }

  async streams(): Promise<StreamId[]> {
    const { topicMetadata } = await this.cluster.metadata([]);
    return topicMetadata.flatMap(({ topic, topicErrorCode }) => {
      const stream = topicErrorCode === UNKNOWN_TOPIC ? undefined : streamOfTopic(topic);
      return stream ? [stream] : [];
    });
  }

  async #create(topic: string, numPartitions: number, config: Config): Promise<void> {
    const replicationFactor = this.replicationFactor ?? Math.min(DEFAULT_REPLICAS, this.cluster.size);
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value: String(value) }));
    const answer = await this.cluster.controller.request(
      'ask',
      createTopicsRequest({
        timeout: BROKER_TIMEOUT,
        topics: [{ topic, numPartitions, replicationFactor, configEntries }],
      }),
    );
    const [result] = answer.topicErrors;
    if (!result || result.errorCode === 0 || result.errorCode === TOPIC_ALREADY_EXISTS) return;
    if (result.errorCode === NOT_CONTROLLER) throw new Transient('Kafka is electing a controller');
    throw refusal(`to make "${topic}"`, result.errorCode, result.errorMessage ?? undefined);
  }
}

/** A topic that was just made may not be known everywhere yet. */
async function retryUnknown<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof LogError && error.code === 'unknown-topic')) throw error;
    throw new Transient(error.message, { cause: error });
  }
}
