import { setTimeout as sleep } from 'node:timers/promises';
import { jittered } from '@topicast/contracts/backoff';
import type { PathDelays } from '@topicast/contracts/server-message';
import type { StreamId } from '@topicast/contracts/stream-id';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import {
  type ChunkReader,
  LogError,
  type LogErrorCode,
  type LogRecord,
  LossReport,
  SequenceGuard,
} from '@topicast/log';
import type { Logger } from 'pino';
import type { GatewayMetrics } from '../metrics/metrics.js';
import { Batches } from './batches.js';
import type { ChunkSource } from './chunk-source.js';
import { Delays } from './delays.js';
import { Economy } from './economy.js';
import { FanOut } from './fan-out.js';
import { findRendition } from './find-rendition.js';
import { type Damage, ForeignReader } from './foreign.js';
import type { FedChunk } from './live-chunk.js';
import { type Part, Parts } from './parts.js';
import type { Protocol } from './protocol.js';
import { Ring, type RingLimits } from './ring.js';
import type { Pace, Subscriber, Subscribers, Unavailable } from './subscriber.js';
import { openTail } from './tail-start.js';

interface FeedOptions {
  readonly log: ChunkReader;
  readonly stream: StreamId;
  readonly rendition: number;
  readonly limits: RingLimits;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}

/** A topic that is not there is looked for again after this: its producer may be about to make it. */
const RETRY = milliseconds(1_000);
/** If the log's last offsets hold nothing to read, reading counts as caught up after this. */
const CATCH_UP_MS = 3_000;
/** We retry a log that cannot be read each time, but log the failure only this often. */
const WARN_EVERY_MS = 30_000;

/** One tail of one rendition, from the log into a ring, for all its viewers. */
export class Feed implements ChunkSource {
  readonly rendition: number;
  readonly window: Ring;
  /** Since when there have been no subscribers, monotonic; undefined while there are any. */
  idleSince: Milliseconds | undefined;
  readonly #options: FeedOptions;
  readonly #subscribers: Record<Pace, Subscribers> = { prompt: new FanOut(), economy: new Economy() };
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  readonly #losses: LossReport;
  readonly #batches: Batches;
  readonly #parts: Parts;
  readonly #delays = new Delays();
  #guard = new SequenceGuard();
  #foreign: ForeignReader | undefined;
  #lastOffset = -1;
  #catchUpAt = 0;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.rendition = options.rendition;
    this.window = new Ring(options.limits);
    this.#batches = new Batches(this.window);
    this.#parts = new Parts(this.window);
    this.#losses = new LossReport((chunks) =>
      options.logger.warn({ chunks }, 'chunks are missing in the log, or damaged'),
    );
    this.idleSince = Milliseconds.now();
    this.#running = this.#run();
  }

  get delays(): PathDelays | undefined {
    return this.#delays.mean;
  }

  frames(protocol: Protocol, from: number, to: number): Buffer {
    return this.#batches.frames(protocol, from, to);
  }

  partOf(index: number, part: Part): Buffer {
    return this.#parts.frame(part, index);
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscribers[subscriber.pace].add(subscriber);
    this.idleSince = undefined;
  }

  unsubscribe(subscriber: Subscriber): void {
    const { prompt, economy } = this.#subscribers;
    if (!this.#subscribers[subscriber.pace].delete(subscriber)) return;
    if (prompt.size + economy.size === 0) this.idleSince = Milliseconds.now();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const subscribers of Object.values(this.#subscribers)) subscribers.stop();
    await this.#running;
    this.#losses.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#read(signal);
      } catch (error) {
        await this.#onReadError(error);
      }
      // Between two tails the topic may be made, or the log come back.
      await sleep(jittered(RETRY, Math.random()), undefined, { signal }).catch(() => undefined);
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { log, stream, rendition, limits } = this.#options;
    const { next, batches } = await openTail(log, stream, rendition, limits.span, signal);
    this.#catchUpAt = next;
    if (next === 0) this.#catchUp();
    const catchUp = setTimeout(() => this.#catchUp(), CATCH_UP_MS);
    try {
      for await (const batch of batches) {
        if (signal.aborted) return;
        this.#take(batch);
      }
    } finally {
      clearTimeout(catchUp);
    }
  }

  async #onReadError(error: unknown): Promise<void> {
    if (isLogError(error, 'unknown-topic')) {
      this.#restart();
    } else if (!isLogError(error, 'invalid')) {
      this.#warn(error);
    } else if ((await findRendition(this.#options)) === 'missing') {
      this.#turnAway('no-rendition');
    } else {
      // The log refuses, or holds something unreadable. Unlike an outage, this does not pass by itself.
      this.#warn(error);
      this.#turnAway('unreadable');
    }
  }

  #turnAway(why: Unavailable): void {
    const { prompt, economy } = this.#subscribers;
    for (const subscriber of [...prompt, ...economy]) subscriber.unavailable(why);
  }

  #tell(): void {
    this.#subscribers.prompt.tell();
    this.#subscribers.economy.tell();
  }

  #warn(error: unknown): void {
    const now = performance.now();
    if (now - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = now;
    this.#options.logger.warn({ err: error }, 'reading the stream failed, trying again');
  }

  /** The topic is gone; if it is created again, its offsets begin at 0 again. */
  #restart(): void {
    this.window.clear();
    if (this.#lastOffset >= 0) this.#guard.restart();
    this.#foreign = undefined;
    this.#lastOffset = -1;
    this.#catchUp();
  }

  #catchUp(): void {
    if (this.window.caughtUp) return;
    this.window.caughtUp = true;
    this.#tell();
  }

  #take(batch: readonly LogRecord[]): void {
    for (const record of batch) {
      if (record.offset <= this.#lastOffset) {
        this.#options.metrics.dropped.repeat += 1;
        continue;
      }
      this.#lastOffset = record.offset;
      this.#takeRecord(record);
    }
    if (this.#lastOffset + 1 >= this.#catchUpAt) this.window.caughtUp = true;
    this.#tell();
  }

  #takeRecord(record: LogRecord): void {
    const isLive = this.window.caughtUp;
    const age = Milliseconds.max(
      Milliseconds.zero,
      Milliseconds.sub(Milliseconds.wallClock(), record.timestamp),
    );
    const arrival = Milliseconds.sub(Milliseconds.now(), isLive ? Milliseconds.zero : age);
    if (isLive) {
      this.#options.metrics.observeLogHop(age);
      this.#delays.add(record, age, arrival);
    }
    const { header, offset } = record;
    if (header) {
      const { rendition } = this.#options;
      const position = { rendition, session: header.session, offset, part: 0 };
      this.#offer({ position, header, data: record.value, gap: undefined, arrival });
      return;
    }
    this.#foreign ??= new ForeignReader(this.#options.rendition, record.timestamp);
    for (const chunk of this.#foreign.push(record)) this.#push({ ...chunk, arrival });
    this.#countDamage(this.#foreign.takeDamage());
  }

  #countDamage({ continuityErrors, droppedAccessUnits }: Damage): void {
    const { metrics } = this.#options;
    metrics.continuityErrors += continuityErrors;
    metrics.droppedAccessUnits += droppedAccessUnits;
    if (droppedAccessUnits > 0) this.#losses.add(droppedAccessUnits);
  }

  #offer(chunk: FedChunk): void {
    const { metrics } = this.#options;
    const lostBefore = this.#guard.lost;
    const verdict = this.#guard.judge(chunk.header);
    const lost = this.#guard.lost - lostBefore;
    if (lost > 0) {
      metrics.lost += lost;
      this.#losses.add(lost);
    }
    if (verdict.kind === 'drop') metrics.dropped[verdict.reason] += 1;
    else this.#push({ ...chunk, gap: verdict.gap });
  }

  #push(chunk: FedChunk): void {
    this.window.push(chunk);
    this.#options.metrics.chunksRead += 1;
  }
}

const isLogError = (error: unknown, code: LogErrorCode): boolean =>
  error instanceof LogError && error.code === code;
