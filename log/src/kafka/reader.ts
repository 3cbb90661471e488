import { LogError } from '../chunk-log.js';
import { Wake } from '../wake.js';
import { backOff } from './backoff.js';
import { type Cluster, Lane, type Node } from './cluster.js';
import { KafkaError } from './error-codes.js';
import { type Fetched, fetch, type KafkaRecord } from './fetch.js';

/** Somebody who reads a partition. Called from the fetch loop, which never waits: keep, and return. */
export interface Subscriber {
  readonly topic: string;
  readonly partition: number;
  /** Where to read on; the reader asks before each fetch. */
  readonly offset: number;
  /** False while there is no room: the partition is then left out. Call `Reader.poke` when there is again. */
  readonly hasRoom: boolean;
  deliver(records: readonly KafkaRecord[], nextOffset: number): void;
  fail(error: LogError): void;
}

/** How long a broker keeps a fetch when there is nothing new; also what a newly added partition may have to wait. */
const MAX_WAIT_MS = 100;
const PARTITION_BYTES = 1024 * 1024;
/** In a row, some hundred milliseconds apart, before a topic counts as gone: brokers do not learn at the same time. */
const UNKNOWN_TOPIC_ATTEMPTS = 4;

/**
 * Reads any partitions, without a consumer group: one fetch loop for each broker that leads some of them, on that
 * broker's connection for long polls. Goes on by itself when leaders move and when Kafka was away.
 */
export class Reader {
  readonly #subscribers = new Set<Subscriber>();
  readonly #loops = new Map<Node, LeaderLoop>();

  constructor(private readonly cluster: Cluster) {}

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
    void this.#place(subscriber);
  }

  remove(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    for (const loop of this.#loops.values()) loop.remove(subscriber);
  }

  /** Somebody has room again. */
  poke(): void {
    for (const loop of this.#loops.values()) loop.wake.ring();
  }

  /** End all subscriptions of a topic. */
  end(topic: string, error: LogError): void {
    for (const subscriber of [...this.#subscribers]) if (subscriber.topic === topic) this.#fail(subscriber, error);
  }

  close(): void {
    const error = new LogError('closed', 'the log is closed');
    for (const subscriber of [...this.#subscribers]) this.#fail(subscriber, error);
  }

  #fail(subscriber: Subscriber, error: LogError): void {
    this.remove(subscriber);
    subscriber.fail(error);
  }

  /** Bring a subscriber to the loop of the broker that leads its partition, however long that takes. */
  async #place(subscriber: Subscriber, unknownBefore = 0): Promise<void> {
    for (let attempt = unknownBefore, unknown = unknownBefore; this.#subscribers.has(subscriber); attempt++) {
      if (attempt > 0) await backOff(attempt, this.cluster.closed);
      try {
        const node = await this.cluster.leader(subscriber.topic, subscriber.partition);
        if (this.#subscribers.has(subscriber)) this.#loopOf(node).add(subscriber, unknown);
        return;
      } catch (error) {
        const { code } = error as LogError;
        if (code === 'unavailable' || (code === 'unknown-topic' && ++unknown < UNKNOWN_TOPIC_ATTEMPTS)) continue;
        this.#fail(subscriber, error as LogError);
      }
    }
  }

  #loopOf(node: Node): LeaderLoop {
    const running = this.#loops.get(node);
    if (running) return running;
    const loop = new LeaderLoop(this.cluster, node);
    this.#loops.set(node, loop);
    void loop.run().then((left) => {
      this.#loops.delete(node);
      for (const subscriber of left) void this.#place(subscriber, 1);
    });
    loop.onStray = (subscriber, errorCode, unknown) => this.#recover(subscriber, errorCode, unknown);
    return loop;
  }
}
