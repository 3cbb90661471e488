import { LogError } from '../chunk-log.js';
import { Transient } from './kafka-errors.js';
import type { Protocol } from './kafkajs-private.js';
import { type Address, Link, type LinkSettings, nameOf } from './link.js';
import { type Metadata, metadataRequest } from './requests.js';

/**
 * What a connection is for. Long polls and writes have connections of their own; `read` fetches what is behind the
 * live edge, `ask` is for everything short.
 */
export type Purpose = 'tail' | 'read' | 'ask' | 'write';

/** One broker, with a link for each purpose, made when it is needed. */
export class Node {
  readonly #links = new Map<Purpose, Link>();

  constructor(
    readonly address: Address,
    private readonly settings: LinkSettings,
  ) {}

  request<T>(purpose: Purpose, protocol: Protocol<T>): Promise<T> {
    let link = this.#links.get(purpose);
    if (!link) {
      link = new Link(this.address, this.settings);
      this.#links.set(purpose, link);
    }
    return link.request(protocol);
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
  }
}

/** The brokers: those named at the start, and those that they tell of. */
export class Cluster {
  readonly #seeds: readonly Node[];
  #nodes = new Map<number, Node>();
  #controllerId = -1;
  /** Asked first: a broker that hangs costs a timeout. */
  #lastToAnswer: Node | undefined;

  constructor(
    seeds: readonly Address[],
    private readonly settings: LinkSettings,
  ) {
    this.#seeds = seeds.map((address) => new Node(address, settings));
  }

  get size(): number {
    return this.#nodes.size;
  }

  node(id: number): Node | undefined {
    return this.#nodes.get(id);
  }

  /** Ask any broker that answers. @throws {Transient} */
  async metadata(topics: readonly string[]): Promise<Metadata> {
    let failure: unknown = new Transient('no Kafka broker is known');
    const known = [...this.#nodes.values(), ...this.#seeds];
    for (const node of new Set([...known.filter((each) => each === this.#lastToAnswer), ...known])) {
      try {
        const answer = await node.request('ask', metadataRequest(topics));
        this.#lastToAnswer = node;
        return this.#learn(answer);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** What each broker knows: after a topic was made or deleted they learn of it one after the other. */
  async metadataOfEach(topics: readonly string[]): Promise<Metadata[]> {
    const nodes = [...this.#nodes.values()];
    const answers = await Promise.allSettled(
      nodes.map((node) => node.request('ask', metadataRequest(topics))),
    );
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }

  /** The one that the last metadata named. @throws {Transient} */
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
        known.get(nameOf({ host, port })) ?? new Node({ host, port }, this.settings),
      ]),
    );
    this.#controllerId = metadata.controllerId;
    const kept = new Set([...this.#nodes.values(), ...this.#seeds]);
    for (const node of before) if (!kept.has(node)) node.close();
    return metadata;
  }
}

/** `host:port`, with or without brackets around an IPv6 address. @throws {LogError} `invalid` */
export function parseAddress(text: string): Address {
  const match = /^\[?([^\s[\]]+?)\]?:(\d{1,5})$/.exec(text);
  if (!match) throw new LogError('invalid', `"${text}" is no Kafka broker's address: use host:port`);
  return { host: match[1]!, port: Number(match[2]) };
}
