import type { Catalog } from '@topicast/contracts/catalog';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { ChunkReader } from '@topicast/log';
import type { ChunkSource } from './chunk-source.js';
import type { Feeds } from './feeds.js';
import { RenditionSearch } from './rendition-search.js';

/** Why a rendition is not opened: the stream does not have it, the log does not tell, or too many are open. */
export type RenditionRefusal = 'missing' | 'unreadable' | 'full';

interface RenditionsOptions {
  readonly log: Pick<ChunkReader, 'bounds'>;
  readonly feeds: Feeds;
  /** What the stream's encoder says that it offers; topics of other people's producers have no catalog. */
  readonly catalogOf: (stream: StreamId) => Catalog | undefined;
  /** Whether the encoder runs, so that its catalog is complete. */
  readonly isLive: (stream: StreamId) => boolean;
}

/** Opens renditions, but only those that exist: a feed for every number that somebody asks for would cost too much. */
export class Renditions {
  readonly #options: RenditionsOptions;
  readonly #search: RenditionSearch;

  constructor(options: RenditionsOptions) {
    this.#options = options;
    this.#search = new RenditionSearch(options.log);
  }

  /** The caller must subscribe to the source at once. */
  async open(stream: StreamId, rendition: number): Promise<ChunkSource | RenditionRefusal> {
    if (!this.#isKnown(stream, rendition)) {
      if (this.#options.isLive(stream) && this.#options.catalogOf(stream)) return 'missing';
      const found = await this.#search.find(stream, rendition);
      if (found !== 'there') return found;
    }
    return this.#options.feeds.open(stream, rendition) ?? 'full';
  }

  /** Every stream has a rendition 0, even before its topic exists. */
  #isKnown(stream: StreamId, rendition: number): boolean {
    if (rendition === 0 || this.#options.feeds.has(stream, rendition)) return true;
    const offered = this.#options.catalogOf(stream)?.renditions ?? [];
    return offered.some((each) => each.rendition === rendition);
  }
}
