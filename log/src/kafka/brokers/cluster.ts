import { setTimeout as sleep } from 'node:timers/promises';
import { LogError } from '../../chunk-log.js';
import { Transient } from '../errors.js';
import type { Protocol } from '../wire/kafkajs-private.js';
import type { Metadata } from '../wire/metadata-api.js';
import { metadataRequest } from '../wire/requests.js';
import type { Health } from './health.js';
import { firstAnswer } from './late-answers.js';
import { type Address, Link, type LinkSettings, nameOf } from './link.js';
import { NotAdmitted } from './security.js';

/**
 * What a connection is for. Long polls (`tail`, and `quiet` for partitions with few records), writes, and the short
 * polls of followers that join a long poll late have their own connections. `read` fetches what is behind the live
 * edge, and `ask` is for everything short.
 */
export type Purpose = 'tail' | 'quiet' | 'join' | 'read' | 'ask' | 'write';

/** After this time a question goes to another broker as well. */
const HEDGE_MS = 500;
/** We stop waiting for brokers that have not answered a question to all by then. */
const ALL_MS = 1000;

/** One broker, with a link for each purpose, made when it is needed. */
export class Node {
  readonly #settings: LinkSettings;
  readonly #links = new Map<Purpose, Link>();
  /** It has left a request waiting for too long and has answered none since, so we ask others first. */
  suspect = false;
  #isClosed = false;

  constructor(
    readonly address: Address,
    settings: LinkSettings,
  ) {
    this.#settings = settings;
  }

  /** @throws {Transient} */
  async request<T>(purpose: Purpose, protocol: Protocol<T>): Promise<T> {
    // Callers that still hold a broker that has left the cluster must look for another one.
    if (this.#isClosed) throw new Transient(`Kafka's broker at ${nameOf(this.address)} was given up`);
    let link = this.#links.get(purpose);
    if (!link) {
      link = new Link(this.address, this.#settings);
      this.#links.set(purpose, link);
    }
    const answer = await link.request(protocol);
    this.suspect = false;
    return answer;
  }

  /** Fail the requests in flight on a connection, and open another one for the next requests. */
  abandon(purpose: Purpose): void {
    this.#links.get(purpose)?.abandon();
  }

  close(): void {
    this.#isClosed = true;
    for (const link of this.#links.values()) link.close();
  }
}

/** The brokers: those named at the start, and those that they report. */
export class Cluster {
  readonly #settings: LinkSettings;
  readonly #seeds: readonly Node[];
  #nodes = new Map<number, Node>();
  #controllerId = -1;
  #mostSeen = 0;
  /** Asked first: a broker that hangs costs a timeout. */
  #lastToAnswer: Node | undefined;

  constructor(seeds: readonly Address[], settings: LinkSettings) {
    this.#settings = settings;
    this.#seeds = seeds.map((address) => new Node(address, settings));
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** The highest number of brokers that were there at once, because a broker that is away still counts. */
  get mostSeen(): number {
    return this.#mostSeen;
  }

  node(id: number): Node | undefined {
    return this.#nodes.get(id);
  }

  get health(): Health {
    return this.#settings.health;
  }

  /** Ask any broker that answers; one that hangs costs half a second at most. @throws {Transient} */
  async metadata(topics: readonly string[]): Promise<Metadata> {
    const known = new Set([...this.#nodes.values(), ...this.#seeds]);
    if (known.size === 0) throw new Transient('no Kafka broker is known');
    const rank = (node: Node): number => (node.suspect ? 2 : node === this.#lastToAnswer ? 0 : 1);
    const inOrder = [...known].sort((a, b) => rank(a) - rank(b));
    try {
      const { node, answer } = await firstAnswer(inOrder, HEDGE_MS, async (each) => ({
        node: each,
        answer: await each.request('ask', metadataRequest(topics)),
      }));
      this.#lastToAnswer = node;
      return this.#learn(answer);
    } catch (error) {
      const { errors } = error as AggregateError;
      // A broker that does not let us in says more than another one that is away.
      throw errors.find((each) => each instanceof NotAdmitted) ?? errors.at(-1);
    }
  }

  /** What each broker knows: after a topic was created or deleted, they learn about it one after the other. */
  async metadataOfEach(topics: readonly string[]): Promise<Metadata[]> {
    const impatience = new AbortController();
    const enough = sleep(ALL_MS, undefined, { signal: impatience.signal }).catch(() => undefined);
    const answers = await Promise.all(
      [...this.#nodes.values()].map((node) =>
        Promise.race([node.request('ask', metadataRequest(topics)), enough]).catch(() => undefined),
      ),
    );
    impatience.abort();
    return answers.filter((answer) => answer !== undefined);
  }

  /** The controller that the last metadata named. @throws {Transient} */
  get controller(): Node {
    const node = this.#nodes.get(this.#controllerId);
    if (!node) throw new Transient('Kafka has no controller at the moment');
    return node;
  }

  close(): void {
    for (const node of [...this.#seeds, ...this.#nodes.values()]) node.close();
  }

  #learn(metadata: Metadata): Metadata {
    const known = new Map(
      [...this.#seeds, ...this.#nodes.values()].map((node) => [nameOf(node.address), node]),
    );
    const before = new Set(this.#nodes.values());
    this.#nodes = new Map(
      metadata.brokers.map(({ nodeId, host, port }) => [
        nodeId,
        known.get(nameOf({ host, port })) ?? new Node({ host, port }, this.#settings),
      ]),
    );
    this.#controllerId = metadata.controllerId;
    this.#mostSeen = Math.max(this.#mostSeen, this.#nodes.size);
    const kept = new Set([...this.#nodes.values(), ...this.#seeds]);
    for (const node of before) if (!kept.has(node)) node.close();
    return metadata;
  }
}

/** `host:port`, with or without brackets around an IPv6 address. @throws {LogError} `invalid` */
export function parseAddress(text: string): Address {
  const match = /^\[?([^\s[\]]+?)\]?:(\d{1,5})$/.exec(text);
  if (!match) throw new LogError('invalid', `"${text}" is not the address of a Kafka broker: use host:port`);
  return { host: match[1]!, port: Number(match[2]) };
}
