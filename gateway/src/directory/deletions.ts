import type { StreamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { DeletionRequest } from '@topicast/contracts/tables';
import { type ChunkTopics, LogError } from '@topicast/log';
import type { Logger } from 'pino';

interface DeletionsOptions {
  readonly log: ChunkTopics;
  readonly logger: Logger;
  readonly onChange: (stream: StreamId) => void;
  /** Remove what belongs to a stream and is not in the tables of streams. */
  readonly removeMore: (stream: StreamId) => Promise<void>;
}

/** A gateway that has begun a deletion has this long before another one, or itself after a failure, continues it. */
const TAKEN_OVER_AFTER_MS = 10_000;

/**
 * Streams that somebody wants to delete. The request is a separate row in the table of streams. It is written first and
 * removed last, so that any gateway can finish what another one began. Only a request deletes a topic: a topic without
 * a row for its stream, and without a request, is somebody else's and stays.
 */
export class Deletions {
  readonly #options: DeletionsOptions;
  /** When each request was noticed or last tried, on the monotonic clock. */
  readonly #wished = new Map<StreamId, number>();
  readonly #underWay = new Map<StreamId, Promise<void>>();

  constructor(options: DeletionsOptions) {
    this.#options = options;
  }

  /** Whether the stream is being deleted. */
  has(stream: StreamId): boolean {
    return this.#wished.has(stream);
  }

  /** The request to delete the stream was made, or is done. */
  onRequest(stream: StreamId, request: DeletionRequest | undefined): void {
    if (request === undefined) this.#wished.delete(stream);
    else if (!this.#wished.has(stream)) this.#wished.set(stream, performance.now());
    this.#options.onChange(stream);
  }

  /**
   * Resolves when the stream and its topic are gone. Also resolves if that fails after the request was written; the
   * deletion is then finished as soon as the log allows it. Rejects with a LogError if the request cannot be written.
   */
  async delete(stream: StreamId, tables: StreamTables): Promise<void> {
    await tables.deletions.put(stream, { at: new Date().toISOString() });
    await this.#finish(stream, tables);
  }

  /** Continue unfinished deletions, no matter which gateway began them. */
  tick(tables: StreamTables): void {
    const now = performance.now();
    for (const [stream, at] of this.#wished) {
      if (now - at >= TAKEN_OVER_AFTER_MS) void this.#finish(stream, tables);
    }
  }

  #finish(stream: StreamId, tables: StreamTables): Promise<void> {
    const underWay = this.#underWay.get(stream);
    if (underWay) return underWay;
    const running = this.#remove(stream, tables)
      .catch((error: unknown) => {
        // We are shutting down; another gateway will finish it.
        if (error instanceof LogError && error.code === 'closed') return;
        if (this.#wished.has(stream)) this.#wished.set(stream, performance.now());
        this.#options.logger.warn(
          { stream, err: error },
          'the stream is not completely deleted yet; trying again',
        );
      })
      .finally(() => this.#underWay.delete(stream));
    this.#underWay.set(stream, running);
    return running;
  }

  /**
   * The row goes first, so that its producer stops writing before the topic is gone. Several gateways may do this at the
   * same time. Once one of them has removed the request, the name is free, and a stream that has it now is not ours to
   * delete.
   *
   * Nobody who knows of the request changes the stream, but a change may be on the way to the log when the row goes. It
   * brings the row back, for everybody or for those who open the table later, and must go too.
   */
  async #remove(stream: StreamId, { rows, statuses, deletions }: StreamTables): Promise<void> {
    const steps = [
      () => rows.delete(stream),
      () => statuses.delete(stream),
      () => this.#options.log.deleteTopic(stream),
      async () => {
        while (isBack(stream, rows) && this.has(stream)) await rows.delete(stream);
      },
      () => this.#options.removeMore(stream),
      () => deletions.delete(stream),
    ];
    for (const step of steps) {
      if (!this.has(stream)) return;
      await step();
    }
  }
}

/** A creation is not: somebody who has not seen the request was told that it counts. */
function isBack(stream: StreamId, rows: StreamTables['rows']): boolean {
  const row = rows.get(stream);
  return rows.overwritten.has(stream) || (row !== undefined && row.version !== 0);
}
