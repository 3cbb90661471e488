import { LogError, type LogRecord, type TailStart } from '../chunk-log.js';
import { Wake } from '../wake.js';
import type { Topics } from './topics.js';

/** Reads partitions continuously, each batch as soon as it is appended. */
export class Tails {
  readonly #topics: Topics;
  readonly #checkOpen: () => void;
  readonly #waiting = new Set<Wake>();

  /** @param checkOpen throws once the log is closed, which ends the tails */
  constructor(topics: Topics, checkOpen: () => void) {
    this.#topics = topics;
    this.#checkOpen = checkOpen;
  }

  /** @throws {LogError} `closed`; `unknown-topic`, also if the topic is deleted in the meantime; `invalid` */
  async *follow(
    topic: string,
    index: number,
    start: TailStart,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LogRecord[]> {
    this.#checkOpen();
    const partition = this.#topics.partition(topic, index);
    const wake = new Wake();
    const ring = (): void => wake.ring();
    signal.addEventListener('abort', ring, { once: true });
    partition.watchers.add(wake);
    this.#waiting.add(wake);
    try {
      let offset = partition.startOf(start);
      while (!signal.aborted) {
        this.#checkOpen();
        if (!this.#topics.holds(topic, partition)) {
          throw new LogError('unknown-topic', `the topic of "${topic}" was deleted`);
        }
        const { records, next } = partition.read(offset);
        if (next === offset) await wake.rung();
        offset = next;
        if (records.length > 0) yield records;
      }
    } finally {
      signal.removeEventListener('abort', ring);
      partition.watchers.delete(wake);
      this.#waiting.delete(wake);
    }
  }

  /** Let each look whether the log is still open. */
  wakeAll(): void {
    for (const wake of this.#waiting) wake.ring();
  }
}
