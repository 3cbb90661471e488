import {
  type DestinationKey,
  type DestinationRow,
  type DestinationTables,
  streamOfDestination,
} from '@topicast/contracts/destination';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { Logger } from 'pino';
import type { Processor, StreamView, Work } from '../worker/processor.js';
import { DestinationSender } from './destination-sender.js';
import { DestinationWork } from './destination-work.js';
import { type OpenRules, openDestination } from './open-destination.js';
import { StreamRestream } from './stream-restream.js';

interface RestreamOptions {
  readonly tables: DestinationTables;
  /** The name of this process in the status rows. */
  readonly member: string;
  readonly rules: OpenRules;
  readonly logger: Logger;
}

const NO_ROWS: ReadonlyMap<DestinationKey, DestinationRow> = new Map();

/** Sends streams on to where people watch them elsewhere: RTMP, RTMPS, SRT. Nothing is encoded again. */
export class RestreamProcessor implements Processor {
  readonly name = 'restream';
  readonly #options: RestreamOptions;
  readonly #running = new Map<StreamId, StreamRestream>();
  /** The rows by stream: every stream is asked for many times a second. */
  readonly #rows = new Map<StreamId, Map<DestinationKey, DestinationRow>>();
  readonly #tidying = new Set<DestinationKey>();
  readonly #unlisten: () => void;

  constructor(options: RestreamOptions) {
    this.#options = options;
    for (const [key, row] of options.tables.rows.rows) this.#note(key, row);
    this.#unlisten = options.tables.rows.onChange((key, row) => {
      this.#note(key, row);
      this.#running.get(streamOfDestination(key))?.look();
    });
  }

  /** The best one. A stream that has stopped for a moment keeps its connections. */
  renditionOf(stream: StreamView): number | undefined {
    return stream.row.enabled && this.#wanted(stream).size > 0 ? 0 : undefined;
  }

  follow(stream: StreamView): Work {
    const { id } = stream;
    let newest = stream;
    const restream = new StreamRestream({
      wanted: () => this.#wanted(newest),
      // The log still has the end of what was on air before, which nobody wants to see there now.
      isOnAir: (session) =>
        newest.status?.state === 'live' && session >= (newest.status.session ?? Number.NEGATIVE_INFINITY),
      begin: (key, row) => this.#begin(key, row),
      tidy: () => this.tidy(id),
    });
    this.#running.set(id, restream);
    return {
      take: (chunk) => restream.take(chunk),
      // A stream that was deleted and made again at once is another one, with destinations of its own.
      update(changed) {
        newest = changed;
        restream.look();
      },
      close: async (because) => {
        if (this.#running.get(id) === restream) this.#running.delete(id);
        await restream.close(because);
      },
    };
  }

  *known(): Iterable<StreamId> {
    for (const key of this.#orphans()) yield streamOfDestination(key);
  }

  tidy(stream: StreamId): void {
    const { tables, logger } = this.#options;
    for (const key of this.#orphans()) {
      if (streamOfDestination(key) !== stream || this.#tidying.has(key)) continue;
      this.#tidying.add(key);
      tables.statuses
        .delete(key)
        .catch((error: unknown) => logger.debug({ err: error, stream }, 'a status could not be removed'))
        .finally(() => this.#tidying.delete(key));
    }
  }

  onChange(listener: () => void): () => void {
    return this.#options.tables.rows.onChange(listener);
  }

  async close(): Promise<void> {
    this.#unlisten();
    this.#options.tables.close();
  }

  /** States of destinations that are no more. */
  #orphans(): DestinationKey[] {
    const { rows, statuses } = this.#options.tables;
    return [...statuses.rows.keys()].filter((key) => !rows.get(key));
  }

  /** Those of an earlier stream with the same id are not wanted. */
  #wanted({ id, row: { incarnation } }: StreamView): ReadonlyMap<DestinationKey, DestinationRow> {
    const rows = this.#rows.get(id) ?? NO_ROWS;
    return new Map([...rows].filter(([, row]) => row.incarnation === incarnation));
  }

  #note(key: DestinationKey, row: DestinationRow | undefined): void {
    const stream = streamOfDestination(key);
    const rows = this.#rows.get(stream) ?? new Map<DestinationKey, DestinationRow>();
    if (row) rows.set(key, row);
    else rows.delete(key);
    if (rows.size > 0) this.#rows.set(stream, rows);
    else this.#rows.delete(stream);
  }

  #begin(key: DestinationKey, row: DestinationRow): DestinationWork {
    const { tables, member, rules } = this.#options;
    const logger = this.#options.logger.child({
      processor: this.name,
      stream: row.stream,
      destination: row.id,
    });
    return new DestinationWork({
      ...{ key, statuses: tables.statuses, processor: member, logger },
      begin: (onChange) => {
        const open = (signal: AbortSignal) => openDestination(row, rules, signal);
        const sender: DestinationSender = new DestinationSender({
          open,
          onFault: (error) => logger.error({ err: error }, 'sending to a destination failed'),
          onChange: () => {
            const { state, ...health } = sender.health;
            logger.info(health, `the destination is ${state}`);
            onChange();
          },
        });
        return sender;
      },
    });
  }
}
