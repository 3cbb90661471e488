import type { Catalog } from '@topicast/contracts/catalog';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { ChunkLog } from '@topicast/log';
import type { ChunkSource } from './chunk-source.js';
import type { Feeds } from './feeds.js';
import { findRendition } from './find-rendition.js';

/** Why a rendition is not opened: the stream has none such, the log does not say, or too many are open. */
export type RenditionRefusal = 'missing' | 'unreadable' | 'full';

export interface RenditionsOptions {
  readonly log: Pick<ChunkLog, 'bounds'>;
  readonly feeds: Feeds;
  /** What the stream's encoder says that it offers; topics of others' producers have none. */
  readonly catalogOf: (stream: StreamId) => Catalog | undefined;
}

/** Opens renditions, and only those that there are: a feed for each number that somebody asks for would cost too much. */
export class Renditions {
  readonly #options: RenditionsOptions;

  constructor(options: RenditionsOptions) {
    this.#options = options;
  }

  /** The source is for who subscribes at once. */
  async open(stream: StreamId, rendition: number): Promise<ChunkSource | RenditionRefusal> {
    const { log, feeds } = this.#options;
    if (!this.#isKnown(stream, rendition)) {
      const found = await findRendition({ log, stream, rendition });
      if (found !== 'there') return found;
    }
    return feeds.open(stream, rendition) ?? 'full';
  }

  /** Every stream has a rendition 0, also before its topic is there. */
  #isKnown(stream: StreamId, rendition: number): boolean {
    if (rendition === 0 || this.#options.feeds.has(stream, rendition)) return true;
    const offered = this.#options.catalogOf(stream)?.renditions ?? [];
    return offered.some((each) => each.rendition === rendition);
  }
}
