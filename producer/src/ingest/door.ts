import { timingSafeEqual } from 'node:crypto';
import { hashOfSecret, type StreamKey } from '@topicast/contracts/ingest-key';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import type { Doorkeeper, Refusal, Seat } from '@topicast/ingest';
import type { ChunkLog } from '@topicast/log';
import type { Logger } from 'pino';
import type { ProducerConfig } from '../config.js';
import { nextSession } from '../encoder/session.js';
import type { ProducerMetrics } from '../health/metrics.js';
import { openOutlet } from '../publish/outlet.js';
import { StatusWriter } from '../status/status-writer.js';
import { Publication } from './publication.js';

/** A hash that no secret has: with it, a stream that does not exist takes as long as a wrong key. */
const NO_HASH = '-'.repeat(64);
const TAKEN_OVER = 'An encoder with the same stream key was sending, and this one has taken over.';

interface DoorOptions {
  readonly me: string;
  readonly log: ChunkLog;
  readonly tables: StreamTables;
  readonly config: ProducerConfig;
  readonly metrics: ProducerMetrics;
  /** The other producers that are alive. */
  readonly others: () => ReadonlySet<string>;
  readonly logger: Logger;
}

/** Lets encoders in that have a stream's key, one for each stream, and claims the stream for each of them. */
export class Door implements Doorkeeper {
  readonly #options: DoorOptions;
  readonly #publications = new Map<StreamId, Publication>();
  /** By stream: the last one that came, because each waits until the one before it is settled. */
  readonly #entering = new Map<StreamId, Promise<unknown>>();
  #isClosed = false;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** The streams whose encoder is here, or about to be. */
  get publishing(): ReadonlySet<StreamId> {
    return new Set([...this.#publications.keys(), ...this.#entering.keys()]);
  }

  async admit({ stream, secret }: StreamKey, gone: AbortSignal): Promise<Seat | Refusal> {
    const row = this.#options.tables.rows.get(stream);
    const kept = row?.source.kind === 'ingest' ? row.ingestKeyHash : undefined;
    if (!sameHash(await hashOfSecret(secret), kept ?? NO_HASH) || !row) return 'unauthorized';
    if (!row.enabled) return 'stopped';
    const before = this.#entering.get(stream);
    const entering = (async () => {
      await before;
      return this.#enter(stream, row, gone);
    })();
    this.#entering.set(stream, entering);
    try {
      return await entering;
    } finally {
      if (this.#entering.get(stream) === entering) this.#entering.delete(stream);
    }
  }

  /** Resolves when all that publish are settled. The listener has sent them away. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#entering.values());
    await Promise.all([...this.#publications.values()].map(({ ended }) => ended));
  }

  async #enter(stream: StreamId, row: StreamRow, gone: AbortSignal): Promise<Seat | Refusal> {
    if (this.#isClosed || gone.aborted) return 'unavailable';
    const isBusy = this.#isBusy(stream);
    if (isBusy && this.#options.config.secondPublisher === 'refuse') return 'busy';
    try {
      const present = this.#publications.get(stream);
      present?.dismiss('replaced');
      await present?.ended;
      return (await this.#begin(row, gone, isBusy)) ?? 'unavailable';
    } catch (error) {
      this.#options.logger.warn({ stream, err: error }, 'an encoder could not be let in');
      return 'unavailable';
    }
  }

  /** @returns undefined if somebody else has the stream, or the encoder is gone. */
  async #begin(row: StreamRow, gone: AbortSignal, isTakeover: boolean): Promise<Seat | undefined> {
    const { me, log, tables, config, metrics } = this.#options;
    const stream = streamId(row.id);
    const logger = this.#options.logger.child({ stream });
    const stopping = new AbortController();
    let status: StatusWriter | undefined;
    const outlet = openOutlet(row, {
      ...{ log, tables, config, logger, metrics },
      state: () => status?.current.state ?? 'starting',
      stopped: stopping.signal,
    });
    const inLog = await outlet.prepare().catch(async (error: unknown) => {
      await outlet.close();
      throw error;
    });
    const claimed = await this.#claim(stream, inLog).catch(() => undefined);
    if (!claimed) {
      await outlet.close();
      return undefined;
    }
    status = new StatusWriter(tables.statuses, stream, claimed, logger);
    const publication = new Publication({
      ...{ row, session: claimed.session, me, tables, outlet, status, stopping, metrics, logger },
      notes: isTakeover ? [TAKEN_OVER] : [],
    });
    this.#publications.set(stream, publication);
    void publication.ended
      .catch((error: unknown) => logger.debug({ error }, 'the status could not be written'))
      .finally(() => {
        if (this.#publications.get(stream) === publication) this.#publications.delete(stream);
      });
    if (!gone.aborted) return publication.seat;
    publication.seat.leave({ why: 'gone' });
    return undefined;
  }

  /**
   * From now on, rows of others are late, and chunks of others are those of an old session.
   * @returns undefined if another producer has claimed it at the same moment, with a later session
   */
  async #claim(stream: StreamId, inLog: number): Promise<(StreamStatus & { session: number }) | undefined> {
    const { me, tables } = this.#options;
    const before = tables.statuses.get(stream);
    const session = nextSession(Date.now(), Math.max(inLog, before?.session ?? 0));
    const claimed = {
      ...{ producer: me, state: 'starting' as const, session, restarts: 0, droppedChunks: 0 },
      // Why the last one was cut, until this one is on air: it may be the same encoder with the same settings.
      ...{ problem: before?.problem, notes: [], encoderLog: [] },
    };
    await tables.statuses.put(stream, claimed);
    const shown = tables.statuses.get(stream);
    return shown?.producer === me && shown.session === session ? claimed : undefined;
  }

  #isBusy(stream: StreamId): boolean {
    const { me, tables, others } = this.#options;
    if (this.#publications.has(stream)) return true;
    const status = tables.statuses.get(stream);
    const isOnAir = status?.state === 'live' || status?.state === 'starting';
    return isOnAir && status.producer !== me && others().has(status.producer);
  }
}

const sameHash = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
};
