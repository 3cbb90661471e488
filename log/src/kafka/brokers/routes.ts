import { checkPartition } from '../../records.js';
import { refusal, Transient, UNKNOWN_TOPIC, unknownTopic, verdictOf } from '../errors.js';
import type { Protocol } from '../wire/kafkajs-private.js';
import type { PartitionMetadata, TopicMetadata } from '../wire/metadata-api.js';
import type { Cluster, Node, Purpose } from './cluster.js';
import { watchful } from './late-answers.js';

/** An answer that takes longer may never come. */
export const LATE_AFTER_MS = 1000;

/**
 * A partition of a topic: of the topic with this id (KIP-516), or, without an id, of the topic that has the name now.
 */
export interface Place {
  readonly topic: string;
  readonly topicId?: string | undefined;
  readonly partition: number;
}

export interface Location {
  readonly node: Node;
  readonly topicId: string;
}

/** The part of {@link Cluster} that is needed here. */
type Brokers = Pick<Cluster, 'metadata' | 'metadataOfEach' | 'node' | 'size'>;

type Leader = Pick<PartitionMetadata, 'leader' | 'leaderEpoch'>;

interface Route {
  readonly topicId: string;
  readonly leaders: readonly Leader[];
}

interface Asking {
  readonly resolve: (route: Route) => void;
  readonly reject: (error: unknown) => void;
}

/** The partitions to check while their broker is late with an answer. */
export interface Watch<P extends Place> {
  readonly node: Node;
  readonly lateAfterMs: number;
  readonly places: () => readonly P[];
  /** These now have another leader, or none. */
  readonly moved: (places: readonly P[]) => void;
}

/**
 * Which broker leads a partition, remembered until somebody finds that it has changed. Questions that come while
 * another one is in flight are asked together, so that a broker with a thousand partitions can go away without a
 * thousand questions.
 */
export class Routes {
  readonly #cluster: Brokers;
  /** Also what is trusted no longer: its epochs tell a newer answer from one of a broker that lags behind. */
  readonly #known = new Map<string, Route>();
  readonly #trusted = new Set<string>();
  readonly #wanted = new Map<string, Asking[]>();
  #asking = false;

  constructor(cluster: Brokers) {
    this.#cluster = cluster;
  }

  /** @throws {LogError} `unknown-topic`, or {Transient} */
  async partitionCount(topic: string): Promise<number> {
    return (await this.#route(topic)).leaders.length;
  }

  /** @throws {LogError} `unknown-topic`, or {Transient} */
  async topicId(topic: string): Promise<string> {
    return (await this.#route(topic)).topicId;
  }

  /** @throws {LogError} `unknown-topic`, also if another topic has the name by now; or {Transient} */
  async locate(place: Place): Promise<Location> {
    const { topic, partition } = place;
    const route = await this.#route(topic);
    if (place.topicId !== undefined && place.topicId !== route.topicId)
      await this.#miss(topic, place.topicId);
    const id = route.leaders[partition]?.leader;
    const node = id === undefined ? undefined : this.#cluster.node(id);
    if (node) return { node, topicId: route.topicId };
    this.forget(topic);
    throw new Transient(`no broker leads partition ${partition} of "${topic}" at the moment`);
  }

  async leader(topic: string, partition: number): Promise<Node> {
    return (await this.locate({ topic, partition })).node;
  }

  /** Check a rendition against the topic's partitions. @throws {LogError} `invalid`, `unknown-topic`, or {Transient} */
  async check(topic: string, partition: number): Promise<void> {
    if ((await this.partitionCount(topic)) <= partition) await this.#lookForMore(topic);
    checkPartition(partition, await this.partitionCount(topic));
  }

  /** Partitions may have been added; the brokers learn about that one after the other. */
  async #lookForMore(topic: string): Promise<void> {
    this.forget(topic);
    const topicId = await this.topicId(topic);
    if (this.#cluster.size < 2) return;
    for (const { topicMetadata } of await this.#cluster.metadataOfEach([topic])) {
      const [found] = topicMetadata;
      if (found?.topicId === topicId) this.#learn(topic, found);
    }
  }

  /** The next question about the topic goes to the brokers. */
  forget(topic: string): void {
    this.#trusted.delete(topic);
  }

  /** Await a broker's answer. While it is late, ask others whether it still leads. */
  watch<T, P extends Place>(answer: Promise<T>, { node, lateAfterMs, places, moved }: Watch<P>): Promise<T> {
    return watchful(answer, lateAfterMs, async (isOver) => {
      node.suspect = true;
      const topics = new Set(places().map(({ topic }) => topic));
      const found = await findTopics(this.#cluster, [...topics]);
      for (const topic of topics) this.#learn(topic, found.get(topic));
      if (isOver()) return;
      const gone = places().filter((place) => !this.#leads(node, place));
      if (gone.length > 0) moved(gone);
    });
  }

  /** Ask the leader of a partition. Give up if the answer is late and another broker leads by then. */
  async ask<T>(place: Place, node: Node, purpose: Purpose, protocol: Protocol<T>): Promise<T> {
    try {
      return await this.watch(node.request(purpose, protocol), {
        node,
        lateAfterMs: LATE_AFTER_MS,
        places: () => [place],
        moved: () => node.abandon(purpose),
      });
    } catch (error) {
      this.forget(place.topic);
      throw error;
    }
  }

  #leads(node: Node, { topic, topicId, partition }: Place): boolean {
    const route = this.#known.get(topic);
    if (!route || (topicId !== undefined && topicId !== route.topicId)) return false;
    return this.#cluster.node(route.leaders[partition]?.leader ?? -1) === node;
  }

  #route(topic: string): Promise<Route> | Route {
    const known = this.#trusted.has(topic) ? this.#known.get(topic) : undefined;
    if (known) return known;
    return new Promise((resolve, reject) => {
      const asking = this.#wanted.get(topic) ?? [];
      asking.push({ resolve, reject });
      this.#wanted.set(topic, asking);
      if (!this.#asking) void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    while (this.#wanted.size > 0) {
      const asked = new Map(this.#wanted);
      this.#wanted.clear();
      try {
        const found = await findTopics(this.#cluster, [...asked.keys()]);
        for (const [topic, asking] of asked) {
          try {
            const route = this.#accept(topic, found.get(topic));
            for (const { resolve } of asking) resolve(route);
          } catch (error) {
            for (const { reject } of asking) reject(error);
          }
        }
      } catch (error) {
        for (const { reject } of [...asked.values()].flat()) reject(error);
      }
    }
    this.#asking = false;
  }

  #accept(topic: string, found: TopicMetadata | undefined): Route {
    const route = this.#learn(topic, found);
    if (!found) throw unknownTopic(topic);
    if (found.topicErrorCode !== 0 && verdictOf(found.topicErrorCode) !== 'moved') {
      throw refusal(`metadata of "${topic}"`, found.topicErrorCode);
    }
    if (!route) throw new Transient(`"${topic}" has no partitions yet`);
    return route;
  }

  #learn(topic: string, found: TopicMetadata | undefined): Route | undefined {
    if (!found || found.partitionMetadata.length === 0) {
      this.#known.delete(topic);
      this.#trusted.delete(topic);
      return undefined;
    }
    const before = this.#known.get(topic);
    const older = before?.topicId === found.topicId ? before.leaders : [];
    // Partitions are never removed, so a broker that reports fewer lags behind.
    const leaders: Leader[] = [...older];
    for (const { partitionId, leader, leaderEpoch } of found.partitionMetadata) {
      const known = older[partitionId];
      leaders[partitionId] = known && known.leaderEpoch > leaderEpoch ? known : { leader, leaderEpoch };
    }
    const route = { topicId: found.topicId, leaders };
    this.#known.set(topic, route);
    this.#trusted.add(topic);
    return route;
  }

  /**
   * Another topic has the name now. Make sure that no broker knows the wanted one, because one that lags behind may
   * have answered.
   */
  async #miss(topic: string, topicId: string): Promise<never> {
    this.forget(topic);
    const answers = await this.#cluster.metadataOfEach([topic]);
    if (answers.length === 0) throw new Transient('no Kafka broker answers');
    if (answers.some(({ topicMetadata }) => topicMetadata.some((each) => each.topicId === topicId))) {
      throw new Transient(`the brokers do not agree yet on which topic is "${topic}"`);
    }
    throw unknownTopic(topic);
  }
}

/** What Kafka says about a topic; undefined if no broker knows it. @throws {Transient} */
export async function findTopic(cluster: Brokers, topic: string): Promise<TopicMetadata | undefined> {
  return (await findTopics(cluster, [topic])).get(topic);
}

async function findTopics(cluster: Brokers, topics: readonly string[]): Promise<Map<string, TopicMetadata>> {
  const found = new Map<string, TopicMetadata>();
  const take = (each: TopicMetadata): void => {
    if (each.topicErrorCode !== UNKNOWN_TOPIC && !found.has(each.topic)) found.set(each.topic, each);
  };
  (await cluster.metadata(topics)).topicMetadata.forEach(take);
  const missing = topics.filter((topic) => !found.has(topic));
  if (missing.length > 0 && cluster.size > 1) {
    for (const { topicMetadata } of await cluster.metadataOfEach(missing)) topicMetadata.forEach(take);
  }
  return found;
}
