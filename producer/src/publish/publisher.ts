import { setTimeout as sleep } from 'node:timers/promises';
import { pauseAfter } from '@topicast/contracts/backoff';
import type { StreamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkWriter, NewRecord } from '@topicast/log';
import { LogError, LossReport } from '@topicast/log';
import type { Logger } from 'pino';
import { type QueueLimits, RecordQueue } from './queue.js';

const LIMITS: QueueLimits = { bytes: 64_000_000, spanMs: 30_000 };
/** After the log has come back, viewers wait for the longest pause at most. */
const BACKOFF = { first: milliseconds(100), longest: milliseconds(1_000) };
/** How long close() waits for a log that does not answer. */
const CLOSE_MS = 2_000;

export interface PublisherOptions {
  readonly log: ChunkWriter;
  readonly stream: StreamId;
  readonly rendition: number;
  /** Names the stream in each line. */
  readonly logger: Logger;
  /** Called if the stream has no topic. Returns `retry` if it has one again, `stop` if nobody wants the stream. */
  readonly onUnknownTopic: () => Promise<'retry' | 'stop'>;
  readonly limits?: QueueLimits;
}

interface PublisherState {
  readonly queued: number;
  /** Chunks of the present session that were dropped. */
  readonly dropped: number;
  /** Why the log does not accept chunks; undefined if it does. */
  readonly trouble: string | undefined;
}

/**
 * Appends the chunks of one rendition to the log, in order, with one append in flight. Chunks that arrive in the meantime
 * form the next append. A failed append is repeated with the identical batch until it succeeds, so nothing is reordered,
 * and nothing is lost except what the queue drops.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #queue: RecordQueue;
  readonly #closing = new AbortController();
  /** 0 before the first session. */
  #session = 0;
  #dropped = 0;
  #trouble: string | undefined;
  readonly #losses: LossReport;
  #sending: Promise<void> | undefined;
  #stopped = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#queue = new RecordQueue(options.limits ?? LIMITS);
    this.#losses = new LossReport((chunks, reason) =>
      options.logger.warn({ chunks, reason }, 'chunks dropped'),
    );
  }

  get state(): PublisherState {
    return { queued: this.#queue.length, dropped: this.#dropped, trouble: this.#trouble };
  }

  /** The chunks that follow come from another encoder. */
  beginSession(session: number): void {
    this.#session = session;
    this.#dropped = 0;
  }

  push(record: NewRecord): void {
    if (this.#stopped) {
      this.#dropped++;
      return;
    }
    this.#count(this.#queue.push(record), 'the log is too slow');
    this.#sending ??= this.#send();
  }

  /** Count chunks that were lost before they reached the publisher. */
  miss(chunks: number, reason: string): void {
    this.#dropped += chunks;
    this.#losses.add(chunks, reason);
  }

  /** Count chunks that were lost because their encoder ended. That end is reported elsewhere, so this is no warning. */
  lose(chunks: number, reason: string): void {
    if (chunks === 0) return;
    this.#dropped += chunks;
    this.#options.logger.info({ chunks, reason }, 'chunks dropped at the end');
  }

  /** Resolves when nothing is on its way. A log that is away holds it up. */
  async idle(): Promise<void> {
    await this.#sending;
  }

  /** Resolves when every pushed chunk is in the log, or after a short time without success. */
  async close(): Promise<void> {
    this.#stopped = true;
    const timer = setTimeout(() => this.#closing.abort(), CLOSE_MS);
    await this.#sending;
    clearTimeout(timer);
    this.#losses.close();
  }

  async #send(): Promise<void> {
    // We wait for a moment, so that the chunks of one read from ffmpeg become one append.
    await Promise.resolve();
    const left: NewRecord[] = [];
    while (this.#queue.length > 0 && !this.#closing.signal.aborted) {
      const batch = this.#queue.takeBatch();
      if (!(await this.#deliver(batch))) left.push(...batch);
    }
    left.push(...this.#queue.clear());
    this.lose(this.#ofThisSession(left), this.#trouble ?? 'the producer stopped before they were written');
    this.#sending = undefined;
  }

  /** @returns false if the publisher closes before the log has accepted the batch. */
  async #deliver(batch: readonly NewRecord[]): Promise<boolean> {
    const { log, stream, rendition, logger } = this.#options;
    for (let failures = 0; ; failures++) {
      try {
        await log.append(stream, rendition, batch);
        if (this.#trouble) logger.info('the log accepts chunks again');
        this.#trouble = undefined;
        return true;
      } catch (error) {
        const next = await this.#afterFailure(error, batch);
        if (next === 'skip') return true;
        if (next === 'end' || !(await this.#pause(failures))) return false;
      }
    }
  }

  async #afterFailure(error: unknown, batch: readonly NewRecord[]): Promise<'retry' | 'skip' | 'end'> {
    const code = error instanceof LogError ? error.code : 'unavailable';
    const reason = error instanceof Error ? error.message : String(error);
    // A stream that is being deleted loses its topic. We log that only if the stream should continue.
    if (code === 'unknown-topic' && (await this.#options.onUnknownTopic()) === 'stop') {
      this.#trouble = reason;
      this.#stopAll();
      return 'end';
    }
    if (!this.#trouble) this.#options.logger.warn({ code, reason }, 'the log does not accept chunks');
    this.#trouble = reason;
    switch (code) {
      case 'unavailable':
      case 'full':
      case 'unknown-topic':
        return 'retry';
      case 'invalid':
        // The log refuses this very batch, and would always refuse it.
        this.#count([...batch, ...this.#queue.skipToKeyframe()], reason);
        return 'skip';
      case 'locked':
      case 'closed':
        this.#stopAll();
        return 'end';
    }
  }

  #stopAll(): void {
    this.#stopped = true;
    this.#closing.abort();
  }

  /** @returns false if the publisher closes before the next attempt. */
  #pause(failures: number): Promise<boolean> {
    const pause = pauseAfter(BACKOFF, failures, Math.random());
    return sleep(pause, true, { signal: this.#closing.signal }).catch(() => false);
  }

  #count(records: readonly NewRecord[], reason: string): void {
    this.#dropped += this.#ofThisSession(records);
    this.#losses.add(records.length, reason);
  }

  #ofThisSession(records: readonly NewRecord[]): number {
    return records.filter(({ header }) => header.session === this.#session).length;
  }
}
