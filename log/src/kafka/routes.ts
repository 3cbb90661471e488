import { checkPartition } from '../records.js';
import type { Cluster, Node } from './cluster.js';
import { refusal, Transient, UNKNOWN_TOPIC, unknownTopic, verdictOf } from './kafka-errors.js';
import type { TopicMetadata } from './requests.js';

/** The leaders of a topic's partitions: a node id for each, -1 where there is none at the moment. */
type Leaders = readonly number[];

/** Which broker leads a partition, remembered until somebody finds that it has changed. */
export class Routes {
  readonly #known = new Map<string, Leaders>();
  readonly #looking = new Map<string, Promise<Leaders>>();

  constructor(private readonly cluster: Cluster) {}

  /** @throws {LogError} `unknown-topic`, or {Transient} */
  async partitionCount(topic: string): Promise<number> {
    return (await this.#leaders(topic)).length;
  }

  /** @throws {LogError} `unknown-topic`, or {Transient} */
  async leader(topic: string, partition: number): Promise<Node> {
    const id = (await this.#leaders(topic))[partition];
    const node = id === undefined ? undefined : this.cluster.node(id);
    if (node) return node;
    this.forget(topic);
    throw new Transient(`no broker leads partition ${partition} of "${topic}" at the moment`);
  }

  /** Check a rendition against the topic's partitions. @throws {LogError} `invalid`, `unknown-topic`, or {Transient} */
  async check(topic: string, partition: number): Promise<void> {
    if ((await this.partitionCount(topic)) <= partition) this.forget(topic);
    checkPartition(partition, await this.partitionCount(topic));
  }

  /** The next question about the topic goes to the brokers. */
  forget(topic: string): void {
    this.#known.delete(topic);
  }

  async #leaders(topic: string): Promise<Leaders> {
    const known = this.#known.get(topic);
    if (known) return known;
    let looking = this.#looking.get(topic);
    if (!looking) {
      looking = this.#look(topic).finally(() => this.#looking.delete(topic));
      this.#looking.set(topic, looking);
    }
    return looking;
  }

  async #look(topic: string): Promise<Leaders> {
    const found = await findTopic(this.cluster, topic);
    if (!found) throw unknownTopic(topic);
    if (found.topicErrorCode !== 0 && verdictOf(found.topicErrorCode) !== 'moved') {
      throw refusal(`metadata of "${topic}"`, found.topicErrorCode);
    }
    const leaders: number[] = [];
    for (const { partitionId, leader } of found.partitionMetadata) leaders[partitionId] = leader;
    if (leaders.length === 0) throw new Transient(`"${topic}" has no partitions yet`);
    this.#known.set(topic, leaders);
    return leaders;
  }
}

/** What Kafka says of a topic; undefined if no broker knows it. @throws {Transient} */
export async function findTopic(cluster: Cluster, topic: string): Promise<TopicMetadata | undefined> {
  const isIt = (each: TopicMetadata): boolean =>
    each.topic === topic && each.topicErrorCode !== UNKNOWN_TOPIC;
  const found = (await cluster.metadata([topic])).topicMetadata.find(isIt);
  if (found || cluster.size < 2) return found;
  return (await cluster.metadataOfEach([topic])).flatMap((answer) => answer.topicMetadata).find(isIt);
}
