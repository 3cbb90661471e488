import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Bounds } from '../../chunk-log.js';
import type { Node } from '../brokers/cluster.js';
import type { Routes } from '../brokers/routes.js';
import { refusal, Transient, verdictOf } from '../errors.js';
import { EARLIEST, listOffsetsRequest, NEXT } from '../wire/requests.js';

const NOT_FOUND = -1;

/** The offsets in a topic's partitions. All methods reject with {LogError} `unknown-topic` or {Transient}. */
export class Offsets {
  readonly #routes: Routes;

  constructor(routes: Routes) {
    this.#routes = routes;
  }

  async bounds(topic: string, partition: number): Promise<Bounds> {
    const [bounds] = await this.boundsOf(topic, [partition]);
    return bounds!;
  }

  async boundsOf(topic: string, partitions: readonly number[]): Promise<Bounds[]> {
    const [earliest, next] = await Promise.all([
      this.#list(topic, partitions, EARLIEST),
      this.#list(topic, partitions, NEXT),
    ]);
    return partitions.map((partition) => ({
      earliest: earliest.get(partition)!,
      next: next.get(partition)!,
    }));
  }

  /** The first record that is not older than the time, or undefined. */
  async since(topic: string, partition: number, time: Milliseconds): Promise<number | undefined> {
    const asked = milliseconds(Math.max(0, Math.floor(time)));
    const offset = (await this.#list(topic, [partition], asked)).get(partition)!;
    return offset < 0 ? undefined : offset;
  }

  async #list(topic: string, partitions: readonly number[], timestamp: number): Promise<Map<number, number>> {
    const leaders = new Map<Node, { partition: number; timestamp: number }[]>();
    for (const partition of partitions) {
      const leader = await this.#routes.leader(topic, partition);
      const asked = leaders.get(leader) ?? [];
      leaders.set(leader, asked);
      asked.push({ partition, timestamp });
    }
    const answers = await Promise.all(
      [...leaders].map(([node, asked]) => {
        const request = listOffsetsRequest([{ topic, partitions: asked }]);
        return this.#routes.ask({ topic, partition: asked[0]!.partition }, node, 'ask', request);
      }),
    );
    const offsets = new Map<number, number>();
    for (const { partition, errorCode, offset } of answers.flatMap((answer) =>
      answer.responses.flatMap((response) => response.partitions),
    )) {
      // To find a time, the broker reads the log; if that is damaged, it finds nothing.
      const isDamaged = verdictOf(errorCode) === 'damaged';
      if (!isDamaged) this.#check(topic, partition, errorCode);
      offsets.set(partition, isDamaged ? NOT_FOUND : Number(offset));
    }
    if (offsets.size !== partitions.length) throw new Transient(`the offsets of "${topic}" came incomplete`);
    return offsets;
  }

  #check(topic: string, partition: number, errorCode: number): void {
    const verdict = verdictOf(errorCode);
    if (verdict === 'fine') return;
    if (verdict !== 'transient') this.#routes.forget(topic);
    throw refusal(`the offsets of "${topic}", partition ${partition}`, errorCode);
  }
}
