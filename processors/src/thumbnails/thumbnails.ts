import type { StreamId } from '@topicast/contracts/stream-id';
import type { ThumbnailRow } from '@topicast/contracts/thumbnails';
import type { TypedTable } from '@topicast/contracts/typed-table';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import { smallestPicture } from '../rendition-choice.js';
import { isLive, type Processor, type ReadChunk, type StreamView, type Work } from '../worker/processor.js';
import type { PictureQueue } from './picture-queue.js';

/** With fewer, the picture would be blown up. */
const LEAST_LINES = 180;
/** The last picture of a stream stays this long after its end. */
export const KEPT_AFTER_END = milliseconds(3_600_000);

/** For metrics. */
export interface PictureCounts {
  taken: number;
  /** Keyframes that could not be made a picture. */
  failed: number;
  /** Pictures that were not taken because too many others waited, or the log was away. */
  skipped: number;
}

export interface ThumbnailsOptions {
  readonly table: TypedTable<StreamId, ThumbnailRow>;
  readonly every: Milliseconds;
  readonly pictures: Pick<PictureQueue, 'hasRoom' | 'take' | 'close'>;
  readonly counts: PictureCounts;
  readonly logger: Logger;
}

/** A picture of each live stream, every few seconds, in `topicast.thumbnails`. */
export class Thumbnails implements Processor {
  readonly name = 'thumbnails';
  readonly #options: ThumbnailsOptions;
  readonly #tidying = new Set<StreamId>();

  constructor(options: ThumbnailsOptions) {
    this.#options = options;
  }

  renditionOf(stream: StreamView): number | undefined {
    const catalog = isLive(stream) ? stream.status?.catalog : undefined;
    return catalog && smallestPicture(catalog, LEAST_LINES)?.rendition;
  }

  follow({ id }: StreamView): Work {
    return new Photographer(id, this.#options);
  }

  known(): Iterable<StreamId> {
    return this.#options.table.rows.keys();
  }

  tidy(id: StreamId, stream: StreamView | undefined): void {
    const { table, logger } = this.#options;
    const row = table.get(id);
    const isOld = row !== undefined && Date.now() - Date.parse(row.at) > KEPT_AFTER_END;
    if (this.#tidying.has(id) || (stream && !isOld)) return;
    this.#tidying.add(id);
    table
      .delete(id)
      .catch((error: unknown) => logger.debug({ stream: id, err: error }, 'a thumbnail could not be removed'))
      .finally(() => this.#tidying.delete(id));
  }

  async close(): Promise<void> {
    await this.#options.pictures.close();
    this.#options.table.close();
  }
}

/** Takes the pictures of one stream. */
class Photographer implements Work {
  readonly #stream: StreamId;
  readonly #options: ThumbnailsOptions;
  #next = Number.NEGATIVE_INFINITY;
  #taking: Promise<void> | undefined;
  #isClosed = false;

  constructor(stream: StreamId, options: ThumbnailsOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  take({ header, value }: ReadChunk): void {
    if (!header.keyframe || header.audioOnly || this.#taking) return;
    const now = performance.now();
    if (now < this.#next) return;
    const { every, pictures, counts } = this.#options;
    if (!pictures.hasRoom) {
      counts.skipped += 1;
      return;
    }
    this.#next = now + every;
    const { session, wallClock } = header;
    this.#taking = this.#photograph(value, session, wallClock).finally(() => {
      this.#taking = undefined;
    });
  }

  /** What is being taken may be written by the next owner as well, which does no harm. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#taking;
  }

  async #photograph(keyframe: Uint8Array, session: number, wallClock: Milliseconds): Promise<void> {
    const { pictures, table, counts, logger } = this.#options;
    const jpeg = await pictures.take(keyframe);
    if (this.#isClosed) return;
    if (!jpeg) {
      counts.failed += 1;
      return;
    }
    try {
      const at = new Date(wallClock).toISOString();
      await table.put(this.#stream, { at, session, jpeg: jpeg.toString('base64') });
      counts.taken += 1;
    } catch (error) {
      counts.skipped += 1;
      logger.debug({ stream: this.#stream, err: error }, 'a thumbnail could not be written');
    }
  }
}
