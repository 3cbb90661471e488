import type { StreamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import { LogError } from '../../chunk-log.js';
import type { Cluster } from '../brokers/cluster.js';
import { findTopic, type Routes } from '../brokers/routes.js';
import { refusal, TOPIC_ALREADY_EXISTS, Transient, UNKNOWN_TOPIC } from '../errors.js';
import type { Offsets } from '../read/offsets.js';
import {
  alterTopicRequest,
  createPartitionsRequest,
  createTopicsRequest,
  deleteTopicsRequest,
  describeTopicRequest,
} from '../wire/requests.js';
import { type Config, minInSync, type TopicConfig } from './topic-config.js';
import type { TopicNames } from './topic-names.js';

const BROKER_TIMEOUT = milliseconds(3000);
const NOT_CONTROLLER = 41;
const INVALID_PARTITIONS = 37;
/** If no replication factor is set; fewer if there are fewer brokers. */
const DEFAULT_REPLICAS = 3;
/** DescribeConfigs's mark of a value that is set for this very topic. */
const OF_THE_TOPIC = 1;

interface TopicsOptions {
  readonly cluster: Cluster;
  readonly routes: Routes;
  readonly offsets: Offsets;
  readonly names: TopicNames;
  readonly logger: Logger;
  readonly replicationFactor?: number;
}

/** Creates, deletes and lists topics. All methods reject with {LogError} or {Transient}. */
export class Topics {
  readonly #options: TopicsOptions;

  constructor(options: TopicsOptions) {
    this.#options = options;
  }

  /**
   * Create a topic. An existing topic gets the partitions that it lacks and the part of its configuration that we keep
   * up to date, and otherwise stays as it is. Resolves when all its partitions can be read and written.
   */
  async create(topic: string, partitions: number, config: TopicConfig): Promise<void> {
    const { cluster, routes, offsets } = this.#options;
    const found = await findTopic(cluster, topic);
    if (!found) await this.#create(topic, partitions, config);
    else if (config.kept) await this.#keepInLine(topic, config.kept);
    if (found && config.grows && found.partitionMetadata.length < partitions) {
      await this.#addPartitions(topic, partitions);
    }
    routes.forget(topic);
    const count = await retryUnknown(() => routes.partitionCount(topic));
    if (config.grows && count < partitions) {
      throw new Transient(`"${topic}" has ${count} of ${partitions} partitions yet`);
    }
    await retryUnknown(() =>
      offsets.boundsOf(
        topic,
        Array.from({ length: count }, (_, partition) => partition),
      ),
    );
  }

  /** It is no error if there is none. Kafka takes its time to delete: see {@link expectGone}. */
  async delete(topic: string): Promise<void> {
    const { cluster } = this.#options;
    if (!(await findTopic(cluster, topic))) return;
    const answer = await cluster.controller.request('ask', deleteTopicsRequest([topic], BROKER_TIMEOUT));
    const code = answer.topicErrors[0]?.errorCode ?? 0;
    if (code !== 0 && code !== UNKNOWN_TOPIC) throw refusal(`to delete "${topic}"`, code);
  }

  /** @throws {Transient} while any broker still knows it; until then it cannot be created again */
  async expectGone(topic: string): Promise<void> {
    this.#options.routes.forget(topic);
    if (await findTopic(this.#options.cluster, topic))
      throw new Transient(`"${topic}" is still being deleted`);
  }

  async streams(): Promise<StreamId[]> {
    const { topicMetadata } = await this.#options.cluster.metadata([]);
    return topicMetadata.flatMap(({ topic, topicErrorCode }) => {
      const stream = topicErrorCode === UNKNOWN_TOPIC ? undefined : this.#options.names.stream(topic);
      return stream ? [stream] : [];
    });
  }

  async #create(topic: string, numPartitions: number, { made, kept }: TopicConfig): Promise<void> {
    const { cluster } = this.#options;
    const replicationFactor = this.#options.replicationFactor ?? Math.min(DEFAULT_REPLICAS, cluster.mostSeen);
    const config = { ...made, ...kept, 'min.insync.replicas': minInSync(replicationFactor) };
    const answer = await cluster.controller.request(
      'ask',
      createTopicsRequest({
        timeout: BROKER_TIMEOUT,
        topics: [{ topic, numPartitions, replicationFactor, configEntries: entries(config) }],
      }),
    );
    const [result] = answer.topicErrors;
    if (!result || result.errorCode === 0 || result.errorCode === TOPIC_ALREADY_EXISTS) return;
    if (result.errorCode === NOT_CONTROLLER) throw new Transient('Kafka is electing a controller');
    throw refusal(`to make "${topic}"`, result.errorCode, result.errorMessage ?? undefined);
  }

  async #addPartitions(topic: string, count: number): Promise<void> {
    const { cluster, logger } = this.#options;
    const request = createPartitionsRequest(topic, count, BROKER_TIMEOUT);
    const answer = await cluster.controller.request('ask', request);
    const [result] = answer.topicErrors;
    // Somebody else was faster, or this broker learns about the topic late; the next look will show.
    if (!result || result.errorCode === INVALID_PARTITIONS || result.errorCode === UNKNOWN_TOPIC) return;
    if (result.errorCode === NOT_CONTROLLER) throw new Transient('Kafka is electing a controller');
    if (result.errorCode !== 0) {
      throw refusal(
        `to give "${topic}" ${count} partitions`,
        result.errorCode,
        result.errorMessage ?? undefined,
      );
    }
    logger.info(`the topic "${topic}" now has ${count} partitions`);
  }

  /** If the cluster does not let us change a topic, it stays as it is, and we tell the operator. */
  async #keepInLine(topic: string, wanted: Config): Promise<void> {
    const { cluster, logger } = this.#options;
    try {
      const described = await cluster.controller.request('ask', describeTopicRequest(topic));
      const found = onlyOf(described.resources, `to describe "${topic}"`).configEntries;
      const now = Object.fromEntries(found.map(({ configName, configValue }) => [configName, configValue]));
      const changed = entries(wanted).filter(({ name, value }) => now[name] !== value);
      if (changed.length === 0) return;
      // This request replaces all settings of the topic, so it includes those that should stay.
      const own = found.filter(({ configSource }) => configSource === OF_THE_TOPIC);
      const staying = Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]));
      const all = entries({ ...staying, ...wanted });
      const altered = await cluster.controller.request('ask', alterTopicRequest(topic, all));
      onlyOf(altered.resources, `to change "${topic}"`);
      const words = changed.map(({ name, value }) => `${name} ${now[name]} -> ${value}`).join(', ');
      logger.info(`the topic "${topic}" has new retention settings: ${words}`);
    } catch (error) {
      if (!(error instanceof LogError && error.code === 'invalid')) throw error;
      logger.warn(`the topic "${topic}" keeps the retention that it was created with: ${error.message}`);
    }
  }
}

const entries = (config: Config): { name: string; value: string }[] =>
  Object.entries(config).map(([name, value]) => ({ name, value: String(value) }));

/** @throws {LogError} `invalid`, or {Transient}, if the answer about the one resource is an error */
function onlyOf<Resource extends { readonly errorCode: number; readonly errorMessage: string | null }>(
  [resource]: readonly Resource[],
  what: string,
): Resource {
  if (!resource) throw new Transient(`Kafka gave no answer ${what}`);
  if (resource.errorCode !== 0) throw refusal(what, resource.errorCode, resource.errorMessage ?? undefined);
  return resource;
}

/** Not all brokers may know a topic yet that was just created. */
async function retryUnknown<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof LogError && error.code === 'unknown-topic')) throw error;
    throw new Transient(error.message, { cause: error });
  }
}
