import { milliseconds } from '@topicast/contracts/units';
import type { Node } from '../brokers/cluster.js';
import { REQUEST_TIMEOUT_MS } from '../brokers/link.js';
import { LATE_AFTER_MS, type Place, type Routes } from '../brokers/routes.js';
import { Transient } from '../errors.js';
import type { Message, ProduceFields } from '../wire/kafkajs-private.js';
import { type Produced, produceRequest } from '../wire/requests.js';

/** The broker gives up before we do, and tells us. */
const BROKER_TIMEOUT = milliseconds(REQUEST_TIMEOUT_MS - 500);
/** How much goes into one request, unless a single batch is larger. */
const REQUEST_BYTES = 8 * 1024 * 1024;

interface Written {
  readonly errorCode: number;
  readonly baseOffset: number;
}

interface Parcel extends Place {
  readonly messages: readonly Message[];
  readonly bytes: number;
  readonly resolve: (written: Written) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The batches for one broker. It answers a connection's requests one after the other. So while one request is in
 * flight, the batches of other partitions gather for the next one, and many streams need few requests.
 */
export class Outbox {
  readonly #node: Node;
  readonly #routes: Routes;
  readonly #codec: number;
  #waiting: Parcel[] = [];
  /** In the request in flight, and not given up. */
  #sent: Parcel[] = [];
  #sending = false;

  constructor(node: Node, routes: Routes, codec: number) {
    this.#node = node;
    this.#routes = routes;
    this.#codec = codec;
  }

  send(topic: string, partition: number, messages: readonly Message[]): Promise<Written> {
    const bytes = messages.reduce((sum, { value }) => sum + (value?.byteLength ?? 0), 0);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ topic, partition, messages, bytes, resolve, reject });
      if (!this.#sending) void this.#sendAll();
    });
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    while (this.#waiting.length > 0) {
      this.#sent = this.#waiting.splice(0, fitting(this.#waiting));
      try {
        this.#deliver(await this.#request());
      } catch (error) {
        for (const { reject } of this.#sent) reject(error);
      }
      this.#sent = [];
    }
    this.#sending = false;
  }

  #request(): Promise<Produced> {
    const fields = { topicData: topicData(this.#sent), compression: this.#codec };
    return this.#routes.watch(this.#node.request('write', produceRequest(fields, BROKER_TIMEOUT)), {
      node: this.#node,
      lateAfterMs: LATE_AFTER_MS,
      places: () => [...this.#sent, ...this.#waiting],
      moved: (parcels) => this.#giveUp(new Set(parcels)),
    });
  }

  /** The broker hangs, and other brokers lead these partitions by now, so their writers try there. */
  #giveUp(parcels: ReadonlySet<Parcel>): void {
    this.#sent = this.#sent.filter((parcel) => !parcels.has(parcel));
    this.#waiting = this.#waiting.filter((parcel) => !parcels.has(parcel));
    for (const { topic, reject } of parcels) reject(new Transient(`another broker leads "${topic}" by now`));
    if (this.#sent.length === 0) this.#node.abandon('write');
  }

  #deliver({ topics }: Produced): void {
    const answers = new Map(
      topics.flatMap(({ topicName, partitions }) =>
        partitions.map((each) => [`${topicName}/${each.partition}`, each] as const),
      ),
    );
    for (const { topic, partition, resolve, reject } of this.#sent) {
      const answer = answers.get(`${topic}/${partition}`);
      if (answer) resolve({ errorCode: answer.errorCode, baseOffset: Number(answer.baseOffset) });
      else reject(new Transient(`Kafka gave no answer for "${topic}"`));
    }
  }
}

/** How many parcels go into the next request: one per partition, up to the size limit. */
function fitting(parcels: readonly Parcel[]): number {
  const partitions = new Set<string>();
  let bytes = 0;
  for (const [n, parcel] of parcels.entries()) {
    const name = `${parcel.topic}/${parcel.partition}`;
    bytes += parcel.bytes;
    if (n > 0 && (partitions.has(name) || bytes > REQUEST_BYTES)) return n;
    partitions.add(name);
  }
  return parcels.length;
}

function topicData(parcels: readonly Parcel[]): ProduceFields['topicData'] {
  const topics = new Map<string, Parcel[]>();
  for (const parcel of parcels) topics.set(parcel.topic, [...(topics.get(parcel.topic) ?? []), parcel]);
  return [...topics].map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map(({ partition, messages }) => ({ partition, messages })),
  }));
}
