import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { ChunkWriter, NewRecord } from '@topicast/log';
import { LogError } from '@topicast/log';
import type { Logger } from 'pino';
import { jittered } from '../backoff.js';
import { LossReport } from './loss-report.js';
import { type QueueLimits, RecordQueue } from './queue.js';

const LIMITS: QueueLimits = { bytes: 64_000_000, spanMs: 30_000 };
/** After the log has come back, viewers wait for the longest pause (with a full disk, the answer comes at once). */
const RETRY_MS = { first: 100, most: 1_000 };
/** How long close() still waits if the log does not answer. */
const CLOSE_MS = 2_000;

export interface PublisherOptions {
  readonly log: ChunkWriter;
  readonly stream: StreamId;
  readonly rendition: number;
  /** Names the stream in each line. */
  readonly logger: Logger;
  /** The stream has no topic. `retry`: it has one again; `stop`: nobody wants the stream. */
  readonly onUnknownTopic: () => Promise<'retry' | 'stop'>;
  readonly limits?: QueueLimits;
}

export interface PublisherState {
  readonly queued: number;
  /** Of the present session. */
  readonly dropped: number;
  /** The log's last answer, while it accepts nothing. */
  readonly trouble: string | undefined;
}

/**
 * Brings the chunks of one rendition to the log, in order, with one append in flight; chunks that arrive in the
 * meantime go into the next one. A failed append is repeated with the identical batch until it succeeds, so nothing is
 * lost except what the queue drops, and nothing is reordered.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #queue: RecordQueue;
  readonly #closing = new AbortController();
  /** 0 before the first. */
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

  /** From now on, chunks come from another encoder. */
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

  /** Count chunks that were lost on the way here. */
  miss(chunks: number, reason: string): void {
    this.#dropped += chunks;
    this.#losses.add(chunks, reason);
  }

  /** Count chunks that were lost before they came here, at the end of an encoder; its end is reported elsewhere. */
  lose(chunks: number, reason: string): void {
    if (chunks === 0) return;
    this.#dropped += chunks;
    this.#options.logger.info({ chunks, reason }, 'chunks dropped at the end');
  }

  /** Resolves when everything that was pushed is in the log, or could not be written in a short time. */
  async close(): Promise<void> {
    this.#stopped = true;
    const timer = setTimeout(() => this.#closing.abort(), CLOSE_MS);
    await this.#sending;
    clearTimeout(timer);
    this.#losses.close();
  }

  async #send(): Promise<void> {
    // Not at once, so that the chunks of one read from ffmpeg become one append.
    await Promise.resolve();
    const left: NewRecord[] = [];
    while (this.#queue.length > 0 && !this.#closing.signal.aborted) {
      const batch = this.#queue.takeBatch();
      if (!(await this.#deliver(batch))) left.push(...batch);
    }
    left.push(...this.#queue.clear());
    this.lose(this.#ofThisSession(left), this.#trouble ?? 'there was no time left');
    this.#sending = undefined;
  }

  /** @returns false if the publisher ends before the log has answered. */
  async #deliver(batch: readonly NewRecord[]): Promise<boolean> {
    const { log, stream, rendition, logger } = this.#options;
    for (let pause = RETRY_MS.first; ; pause = Math.min(pause * 2, RETRY_MS.most)) {
      try {
        await log.append(stream, rendition, batch);
        if (this.#trouble) logger.info('the log accepts chunks again');
        this.#trouble = undefined;
        return true;
      } catch (error) {
        const next = await this.#afterFailure(error, batch);
        if (next === 'skip') return true;
        if (next === 'end' || !(await this.#pause(pause))) return false;
      }
    }
  }

  async #afterFailure(error: unknown, batch: readonly NewRecord[]): Promise<'retry' | 'skip' | 'end'> {
    const { logger, onUnknownTopic } = this.#options;
    const code = error instanceof LogError ? error.code : 'unavailable';
    const reason = error instanceof Error ? error.message : String(error);
    if (!this.#trouble) logger.warn({ code, reason }, 'the log accepts no chunks');
    this.#trouble = reason;
    switch (code) {
      case 'unavailable':
      case 'full':
        return 'retry';
      case 'unknown-topic':
        if ((await onUnknownTopic()) === 'retry') return 'retry';
        this.#stopAll();
        return 'end';
      case 'invalid':
        // The log refuses this batch as such, and would refuse it for ever.
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

  /** @returns false if there is no time left to try again. */
  #pause(ms: number): Promise<boolean> {
    return sleep(jittered(ms), true, { signal: this.#closing.signal }).catch(() => false);
  }

  #count(records: readonly NewRecord[], reason: string): void {
    this.#dropped += this.#ofThisSession(records);
    this.#losses.add(records.length, reason);
  }

  #ofThisSession(records: readonly NewRecord[]): number {
    return records.filter(({ header }) => header.session === this.#session).length;
  }
}
