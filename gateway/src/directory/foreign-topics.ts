import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamId } from '@topicast/contracts/stream-id';
import { Milliseconds } from '@topicast/contracts/units';
import type { ChunkReader, ChunkTopics } from '@topicast/log';
import type { Logger } from 'pino';
import { type ProbeResult, probe } from './probe.js';

interface ForeignTopicsOptions {
  readonly log: ChunkReader & ChunkTopics;
  readonly logger: Logger;
  /** Whether this stream's topic is not written by a producer of ours and not being deleted. */
  readonly isForeign: (stream: StreamId) => boolean;
  /** The topic appeared, disappeared, started or stopped growing, or we know more about its content. */
  readonly onChange: (stream: StreamId) => void;
}

interface Watched {
  readonly next: number | undefined;
  readonly grewAt: Milliseconds | undefined;
  readonly found: ProbeResult | undefined;
  readonly probedAt: Milliseconds | undefined;
}

const LIST_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 2_000;
/** We look at a new topic again soon, because only the second look shows whether it grows. */
const SECOND_LOOK_MS = 400;
const LIVE_WITHIN_MS = 4_000;
const PROBE_AGAIN_MS = 10_000;

const { now } = Milliseconds;

/** Topics `live.*` that somebody else writes. They have no status to read, so we look at the topics themselves. */
export class ForeignTopics {
  readonly #options: ForeignTopicsOptions;
  readonly #watched = new Map<StreamId, Watched>();
  readonly #closing = new AbortController();
  readonly #probes = new Set<Promise<void>>();
  #running: Promise<void> | undefined;

  constructor(options: ForeignTopicsOptions) {
    this.#options = options;
  }

  /** Resolves when the existing topics have been listed. Rejects with a LogError if the log is away. */
  async open(): Promise<void> {
    await this.#list();
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    await Promise.all(this.#probes);
  }

  has(stream: StreamId): boolean {
    return this.#watched.has(stream);
  }

  streams(): IterableIterator<StreamId> {
    return this.#watched.keys();
  }

  isLive(stream: StreamId): boolean {
    const grewAt = this.#watched.get(stream)?.grewAt;
    return grewAt !== undefined && now() - grewAt < LIVE_WITHIN_MS;
  }

  found(stream: StreamId): ProbeResult | undefined {
    return this.#watched.get(stream)?.found;
  }

  /** Add a topic before the next listing shows it. */
  add(stream: StreamId): void {
    if (this.#watched.has(stream)) return;
    this.#watched.set(stream, { next: undefined, grewAt: undefined, found: undefined, probedAt: undefined });
    this.#options.onChange(stream);
  }

  remove(stream: StreamId): void {
    if (this.#watched.delete(stream)) this.#options.onChange(stream);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let listedAt = now();
    while (!signal.aborted) {
      try {
        if (now() - listedAt >= LIST_EVERY_MS) {
          await this.#list();
          listedAt = now();
        }
        await this.#look();
      } catch (error) {
        // The log is away: what we know stays, and grows older.
        this.#options.logger.debug({ err: error }, 'looking at topics failed');
      }
      const isNew = [...this.#watched.values()].some(
        ({ next, grewAt }) => next !== undefined && grewAt === undefined,
      );
      await sleep(isNew ? SECOND_LOOK_MS : LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #list(): Promise<void> {
    const { log, isForeign } = this.#options;
    const foreign = new Set((await log.topics()).filter(isForeign));
    for (const stream of [...this.#watched.keys()]) if (!foreign.has(stream)) this.remove(stream);
    for (const stream of foreign) this.add(stream);
  }

  /** All at once: one after the other, a round over many topics would outlast what counts as live. */
  async #look(): Promise<void> {
    const streams = [...this.#watched.keys()];
    if (streams.length === 0) return;
    const ends = await this.#options.log.ends(streams);
    for (const stream of streams) {
      const end = ends.get(stream);
      if (!end) this.remove(stream);
      else if (end[0] !== undefined) this.#note(stream, end[0]);
    }
  }

  #note(stream: StreamId, next: number): void {
    const before = this.#watched.get(stream);
    if (!before) return;
    const grew = before.next !== undefined && next > before.next;
    const wasLive = this.isLive(stream);
    // The second look has shown that the topic does not grow: "long ago".
    const grewBefore = before.next === undefined ? undefined : (before.grewAt ?? Milliseconds.never);
    const grewAt = grew ? now() : grewBefore;
    this.#watched.set(stream, { ...before, next, grewAt });
    if (this.isLive(stream)) this.#probeWhereNeeded(stream, !wasLive);
    if (this.isLive(stream) !== wasLive) this.#options.onChange(stream);
  }

  #probeWhereNeeded(stream: StreamId, isNewRun: boolean): void {
    const watched = this.#watched.get(stream);
    if (!watched) return;
    const { probedAt, found } = watched;
    const isDue =
      probedAt === undefined || (now() - probedAt > PROBE_AGAIN_MS && (isNewRun || !isComplete(found)));
    if (!isDue) return;
    this.#watched.set(stream, { ...watched, probedAt: now() });
    const running = this.#probe(stream).finally(() => this.#probes.delete(running));
    this.#probes.add(running);
  }

  async #probe(stream: StreamId): Promise<void> {
    const { log, logger, onChange } = this.#options;
    try {
      const found = await probe(log, stream, this.#closing.signal);
      const watched = this.#watched.get(stream);
      if (!watched) return;
      this.#watched.set(stream, { ...watched, found });
      onChange(stream);
    } catch (error) {
      logger.debug({ err: error, stream }, 'probing the topic failed');
    }
  }
}

const isComplete = (found: ProbeResult | undefined): boolean =>
  found?.tracks.some((track) => track.kind !== 'data' && track.codec !== undefined) ?? false;
