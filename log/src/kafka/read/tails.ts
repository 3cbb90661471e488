import type { TailStart } from '../../chunk-log.js';
import type { Routes } from '../brokers/routes.js';
import { closedLog, unknownTopic } from '../errors.js';
import { retry } from '../retry.js';
import type { KafkaRecord } from '../wire/record-batch.js';
import type { Offsets } from './offsets.js';
import type { Reader } from './reader.js';
import { Tail } from './tail.js';
import { startOffset } from './tail-start.js';

/** The open tails, of chunks and of events: each has to find its beginning, and others may end it. */
export class Tails {
  readonly #routes: Routes;
  readonly #offsets: Offsets;
  readonly #reader: Reader;
  readonly #open = new Set<Tail>();

  constructor(routes: Routes, offsets: Offsets, reader: Reader) {
    this.#routes = routes;
    this.#offsets = offsets;
    this.#reader = reader;
  }

  /** Batches of records until the signal ends it. @throws {LogError} when the topic is gone, or the log is closed */
  async *read(
    topic: string,
    partition: number,
    start: TailStart,
    signal: AbortSignal,
  ): AsyncGenerator<readonly KafkaRecord[], void> {
    if (signal.aborted) return;
    const tail = new Tail(this.#reader, topic, partition);
    const end = (): void => tail.end();
    signal.addEventListener('abort', end);
    this.#open.add(tail);
    try {
      const begin = await retry(() => this.#begin(topic, partition, start), { signal: tail.signal });
      const place = { topic, topicId: begin.topicId, partition };
      yield* tail.batches(begin, (offset) =>
        startOffset(this.#reader, this.#offsets, place, { at: 'offset', offset }),
      );
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#open.delete(tail);
      signal.removeEventListener('abort', end);
    }
  }

  /** The topic was deleted. */
  endOf(topic: string): void {
    for (const tail of this.#open) if (tail.topic === topic) tail.end(unknownTopic(topic));
  }

  close(): void {
    for (const tail of this.#open) tail.end(closedLog());
  }

  async #begin(topic: string, partition: number, start: TailStart) {
    await this.#routes.check(topic, partition);
    const topicId = await this.#routes.topicId(topic);
    const place = { topic, topicId, partition };
    return { topicId, offset: await startOffset(this.#reader, this.#offsets, place, start) };
  }
}
