import type { StreamId } from '@topicast/contracts/stream-id';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { ChunkReader } from '@topicast/log';
import type { Logger } from 'pino';
import type { GatewayMetrics } from '../metrics/metrics.js';
import { Feed } from './feed.js';
import type { RingLimits } from './ring.js';

/**
 * A feed outlives its last viewer by this time, so that a viewer who reconnects finds its place and joins stay quick.
 */
const LINGER = milliseconds(15_000);

/** Each feed has its own ring, and a place in the connections to the log. */
const MOST_FEEDS = 4_096;

interface FeedsOptions {
  readonly log: ChunkReader;
  readonly limits: RingLimits;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}

const keyOf = (stream: StreamId, rendition: number): string => `${stream}/${rendition}`;

/** The feeds of all watched renditions: opened by their first viewer, closed some time after the last. */
export class Feeds {
  readonly #options: FeedsOptions;
  readonly #feeds = new Map<string, { readonly stream: StreamId; readonly feed: Feed }>();

  constructor(options: FeedsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#feeds.size;
  }

  get bytes(): number {
    let bytes = 0;
    for (const { feed } of this.#feeds.values()) bytes += feed.window.bytes;
    return bytes;
  }

  has(stream: StreamId, rendition: number): boolean {
    return this.#feeds.has(keyOf(stream, rendition));
  }

  /** Undefined if there would be one feed too many. The caller must subscribe at once. */
  open(stream: StreamId, rendition: number): Feed | undefined {
    const key = keyOf(stream, rendition);
    const open = this.#feeds.get(key);
    if (open) return open.feed;
    if (this.#feeds.size >= MOST_FEEDS) return undefined;
    const logger = this.#options.logger.child({ stream, rendition });
    const feed = new Feed({ ...this.#options, stream, rendition, logger });
    this.#feeds.set(key, { stream, feed });
    return feed;
  }

  /** Close the feeds that nobody has watched for a while. */
  async sweep(now: Milliseconds): Promise<void> {
    await this.#closeWhere(({ feed }) => feed.idleSince !== undefined && now - feed.idleSince > LINGER);
  }

  async closeStream(stream: StreamId): Promise<void> {
    await this.#closeWhere((entry) => entry.stream === stream);
  }

  async close(): Promise<void> {
    await this.#closeWhere(() => true);
  }

  async #closeWhere(isOver: (entry: { stream: StreamId; feed: Feed }) => boolean): Promise<void> {
    const over = [...this.#feeds].filter(([, entry]) => isOver(entry));
    for (const [key] of over) this.#feeds.delete(key);
    await Promise.all(over.map(([, { feed }]) => feed.close()));
  }
}
