import { setTimeout as sleep } from 'node:timers/promises';
import { type Backoff, jittered, pauseAfter } from '@topicast/contracts/backoff';
import type { StreamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import {
  type ChunkReader,
  LogError,
  type LogErrorCode,
  type LogRecord,
  SequenceGuard,
  type TailStart,
} from '@topicast/log';
import type { Logger } from 'pino';
import { orAborted } from './or-aborted.js';
import type { EndReason, Work } from './processor.js';

/** What all followers of a processor count together. */
export interface FollowCounts {
  chunks: number;
  /** Chunks that the log never had, or no longer has. */
  lost: number;
  /** Work that ended with an error and began again. */
  failures: number;
}

interface FollowerOptions {
  readonly log: Pick<ChunkReader, 'tail'>;
  readonly stream: StreamId;
  readonly rendition: number;
  readonly counts: FollowCounts;
  readonly logger: Logger;
  readonly begin: () => Work;
}

/** A topic that is not there is looked for again after this: its producer may be about to make it. */
const RETRY = milliseconds(1_000);
const AFTER_FAILURE: Backoff = { first: milliseconds(1_000), longest: milliseconds(60_000) };
/** Work that has gone well for this long has got over its last failure. */
const GOOD_AFTER_MS = 60_000;
const WARN_EVERY_MS = 30_000;
/** What work cannot finish in this time is left behind. */
const FAREWELL_MS = 3_000;

/**
 * Reads one rendition of a stream from the live edge on, for one piece of work, as long as that is wanted: over
 * sessions, outages of the log, and a topic that is deleted and made again.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #because: EndReason = 'moved';
  #work: Work | undefined;
  #guard = new SequenceGuard();
  /** Where reading goes on: at a keyframe first, and then behind the last record. */
  #start: TailStart = { at: 'keyframe' };
  #hasBegun = false;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  get rendition(): number {
    return this.#options.rendition;
  }

  /** Undefined between two pieces of work, the first of which has failed. */
  get work(): Work | undefined {
    return this.#work;
  }

  /** Resolves when nothing is left. Never rejects. */
  async close(because: EndReason): Promise<void> {
    this.#because = because;
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; failures += 1) {
      const begun = performance.now();
      const error = await this.#workOnce(signal);
      if (error === undefined) return;
      const { counts, logger } = this.#options;
      counts.failures += 1;
      logger.warn({ err: error }, 'work on a stream failed, beginning again');
      if (performance.now() - begun > GOOD_AFTER_MS) failures = 0;
      const pauseMs = pauseAfter(AFTER_FAILURE, failures, Math.random());
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns why it ended, if not because it was to */
  async #workOnce(signal: AbortSignal): Promise<unknown> {
    this.#guard = new SequenceGuard();
    this.#hasBegun = false;
    this.#start = { at: 'keyframe' };
    let work: Work;
    try {
      work = this.#options.begin();
    } catch (error) {
      return error;
    }
    this.#work = work;
    let failure: unknown;
    try {
      await this.#readOn(work, signal);
    } catch (error) {
      failure = error ?? new Error('work failed');
    }
    this.#work = undefined;
    await this.#end(work, signal.aborted ? this.#because : 'moved');
    return signal.aborted ? undefined : failure;
  }

  async #end(work: Work, because: EndReason): Promise<void> {
    const given = new AbortController();
    const ended = work.close(because).catch((error: unknown) => {
      this.#options.logger.debug({ err: error }, 'work could not be ended in order');
    });
    const enough = sleep(FAREWELL_MS, undefined, { signal: given.signal }).catch(() => undefined);
    await Promise.race([ended, enough]);
    given.abort();
  }

  /** Ends with the signal. @throws what the work throws */
  async #readOn(work: Work, signal: AbortSignal): Promise<void> {
    const { log, stream, rendition } = this.#options;
    while (!signal.aborted) {
      const broken = await this.#readTail(log.tail(stream, rendition, this.#start, signal), work, signal);
      if (isLogError(broken, 'unknown-topic')) this.#restart();
      else if (broken !== undefined && !signal.aborted) this.#warn(broken);
      // Between two tails the topic may be made, or the log come back.
      await sleep(jittered(RETRY, Math.random()), undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns why the log could not be read on. @throws what the work throws */
  async #readTail(
    batches: AsyncIterable<readonly LogRecord[]>,
    work: Work,
    signal: AbortSignal,
  ): Promise<unknown> {
    const iterator = batches[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await iterator.next().catch((error: unknown) => ({ broken: error }));
        if ('broken' in next) return next.broken;
        if (next.done || signal.aborted) return undefined;
        for (const record of next.value) {
          const taken = this.#take(record, work);
          if (taken) await orAborted(taken, signal);
          if (signal.aborted) return undefined;
        }
      }
    } finally {
      await iterator.return?.();
    }
  }

  #take({ offset, header, value }: LogRecord, work: Work): Promise<void> | void {
    this.#start = { at: 'offset', offset: offset + 1 };
    // Records of somebody else's producer end anywhere: no processor reads them yet.
    if (!header || (!this.#hasBegun && !header.keyframe)) return undefined;
    const { counts } = this.#options;
    const lostBefore = this.#guard.lost;
    const verdict = this.#guard.judge(header);
    counts.lost += this.#guard.lost - lostBefore;
    if (verdict.kind === 'drop') return undefined;
    this.#hasBegun = true;
    counts.chunks += 1;
    return work.take({ offset, header, value, gap: verdict.gap });
  }

  /** From a keyframe at the live edge. The topic may be another one by now, with offsets from 0. */
  #restart(): void {
    if (this.#hasBegun) this.#guard.restart();
    this.#start = { at: 'keyframe' };
  }

  #warn(error: unknown): void {
    const now = performance.now();
    if (now - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = now;
    this.#options.logger.warn({ err: error }, 'reading the stream failed, trying again');
  }
}

const isLogError = (error: unknown, code: LogErrorCode): boolean =>
  error instanceof LogError && error.code === code;
