import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Bytes, bytes, type Milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import { LogError } from '../chunk-log.js';
import type { DiskRoom } from './disk-room.js';
import type { Partition } from './partition.js';
import type { Topics } from './topics.js';

const SWEEP_EVERY_MS = 1_000;
/** How many records one transaction removes: it takes well under a millisecond, so that no append waits for it. */
const STEP_RECORDS = 64;
/** A full disk never removes newer chunks than this, because viewers who join and resume need them. */
const KEEP_ANYWAY_MS = 10_000;

/**
 * Removes expired chunks, a little each second and in small steps. So the file stays as large as the retention needs
 * (LMDB reuses freed pages), and no append has to wait. On a nearly full disk, the oldest chunks of all topics expire
 * early.
 */
export class Retention {
  readonly #topics: Topics;
  readonly #room: DiskRoom;
  readonly #clock: () => Milliseconds;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  #sweeping: Promise<void> | undefined;
  #stopped = false;

  constructor(topics: Topics, room: DiskRoom, clock: () => Milliseconds, logger: Logger) {
    this.#topics = topics;
    this.#room = room;
    this.#clock = clock;
    this.#logger = logger;
    this.#timer = setInterval(() => this.sweep(), SWEEP_EVERY_MS).unref();
  }

  /** Begin at once, unless it is already running. */
  sweep(): void {
    if (this.#stopped) return;
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#sweeping = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    try {
      for (const step of this.#steps()) {
        while (!this.#stopped && step()) await nextTurn();
      }
      await this.#makeRoom();
    } catch (error) {
      // The folder is gone, which has been reported already.
      if (error instanceof LogError && error.code === 'unavailable') return;
      this.#logger.warn({ err: error }, 'cannot remove expired chunks from the embedded log');
    }
  }

  /** Each step does a little and says whether there is more to do. */
  *#steps(): IterableIterator<() => boolean> {
    yield () => this.#topics.emptyTrash(STEP_RECORDS);
    for (const { settings, partitions } of [...this.#topics.all()]) {
      for (const partition of partitions) yield () => partition.retain(settings, this.#clock(), STEP_RECORDS);
    }
  }

  async #makeRoom(): Promise<void> {
    const limit = await this.#room.limit(this.#stored());
    while (limit !== undefined && !this.#stopped && this.#stored() > limit && this.#removeOldest())
      await nextTurn();
    const oldest = Math.min(...this.#partitions().map(({ held }) => held.since));
    this.#room.tellShortened(limit !== undefined, Math.max(this.#clock() - oldest, 0));
  }

  /** Takes the oldest chunks of any topic first, so that all streams keep the same time. */
  #removeOldest(): boolean {
    const [oldest] = this.#partitions().sort((a, b) => a.held.since - b.held.since);
    if (!oldest || oldest.held.since > this.#clock() - KEEP_ANYWAY_MS) return false;
    oldest.removeOldest(STEP_RECORDS);
    return true;
  }

  #partitions(): Partition[] {
    return [...this.#topics.all()].flatMap(({ partitions }) => partitions);
  }

  #stored = (): Bytes => bytes(this.#partitions().reduce((sum, { held }) => sum + held.bytes, 0));
}
