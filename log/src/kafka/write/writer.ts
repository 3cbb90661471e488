import type { Node } from '../brokers/cluster.js';
import type { Routes } from '../brokers/routes.js';
import { refusal, verdictOf } from '../errors.js';
import type { Compression } from '../options.js';
import { CODEC } from '../wire/compression.js';
import type { Message } from '../wire/kafkajs-private.js';
import { Outbox } from './outbox.js';

/** Writes batches, each to the leader of its partition, acknowledged by all in-sync replicas. */
export class Writer {
  readonly #routes: Routes;
  readonly #compression: Compression;
  readonly #outboxes = new WeakMap<Node, Outbox>();

  constructor(routes: Routes, compression: Compression = 'none') {
    this.#routes = routes;
    this.#compression = compression;
  }

  /**
   * One attempt to write a batch; another attempt with the same messages sends the identical batch. Resolves with the
   * offset of the first. The caller must keep at most one batch per partition in flight.
   * @throws {LogError} `unknown-topic`, `invalid`; {Transient}, and then it may or may not have been written
   */
  async write(topic: string, partition: number, messages: readonly Message[]): Promise<number> {
    const leader = await this.#routes.leader(topic, partition);
    let outbox = this.#outboxes.get(leader);
    if (!outbox) {
      outbox = new Outbox(leader, this.#routes, CODEC[this.#compression]);
      this.#outboxes.set(leader, outbox);
    }
    const { errorCode, baseOffset } = await outbox
      .send(topic, partition, messages)
      .catch((error: unknown) => {
        this.#routes.forget(topic);
        throw error;
      });
    const verdict = verdictOf(errorCode);
    if (verdict === 'fine') return baseOffset;
    if (verdict !== 'invalid') this.#routes.forget(topic);
    throw refusal(`to write to "${topic}", partition ${partition}`, errorCode);
  }
}
