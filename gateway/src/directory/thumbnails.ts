import type { StreamId } from '@topicast/contracts/stream-id';
import { openThumbnails, THUMBNAILS_TABLE, type ThumbnailRow } from '@topicast/contracts/thumbnails';
import type { TypedTable } from '@topicast/contracts/typed-table';
import type { Tables } from '@topicast/log';
import type { Logger } from 'pino';

interface ThumbnailsOptions {
  readonly log: Tables;
  readonly logger: Logger;
}

/** The pictures of the streams. Their table is opened when somebody asks for the first one. */
export class Thumbnails {
  readonly #options: ThumbnailsOptions;
  #opening: Promise<TypedTable<StreamId, ThumbnailRow>> | undefined;

  constructor(options: ThumbnailsOptions) {
    this.#options = options;
  }

  /** @throws {LogError} if the log is away */
  async of(stream: StreamId): Promise<ThumbnailRow | undefined> {
    this.#opening ??= this.#open();
    return (await this.#opening).get(stream);
  }

  async close(): Promise<void> {
    const table = await this.#opening?.catch(() => undefined);
    table?.close();
  }

  async #open(): Promise<TypedTable<StreamId, ThumbnailRow>> {
    const { log, logger } = this.#options;
    try {
      return openThumbnails(await log.table(THUMBNAILS_TABLE), (stream, error) =>
        logger.warn({ stream, err: error }, 'a row of the thumbnails cannot be read'),
      );
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}
