import { timingSafeEqual } from 'node:crypto';
import { hashOfSecret, type StreamKey } from '@topicast/contracts/ingest-key';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import { Milliseconds } from '@topicast/contracts/units';
import type { Doorkeeper, Refusal, Seat } from '@topicast/ingest';
import type { ChunkLog } from '@topicast/log';
import type { Logger } from 'pino';
import type { ProducerConfig } from '../config.js';
import { nextSession } from '../encoder/session.js';
import type { Ffmpeg } from '../ffmpeg/find.js';
import type { ProcessGuard } from '../ffmpeg/guard.js';
import type { ProducerMetrics } from '../health/metrics.js';
import type { Reports } from '../health/reports.js';
import { openOutlet } from '../publish/outlet.js';
import type { ReelMaker } from '../slate/workshop.js';
import { StatusWriter } from '../status/status-writer.js';
import { Permission } from './permission.js';
import { keyHashOf, PLACES, type Place } from './places.js';
import { Publication } from './publication.js';
import { Refusals } from './refusals.js';
import { Takeovers } from './takeovers.js';

/** A hash that no secret has: with it, a stream that does not exist takes as long as a wrong key. */
const NO_HASH = '-'.repeat(64);
const TAKEN_OVER = 'An encoder with the same stream key was sending, and this one has taken over.';
const TWO_ENCODERS =
  'Two encoders send with the same stream key, and take the stream from each other: stop one of them, or make a new stream key.';

/** What an encoder asks for, with the hash of the secret that it has shown. */
interface Arrival {
  readonly stream: StreamId;
  readonly hash: string;
  /** Aborts when the encoder does not wait any more. */
  readonly gone: AbortSignal;
}

/** What an encoder may have, by its key. */
interface Asked {
  readonly row: StreamRow;
  readonly place: Place;
}

interface DoorOptions {
  readonly me: string;
  readonly log: ChunkLog;
  readonly tables: StreamTables;
  readonly config: ProducerConfig;
  readonly metrics: ProducerMetrics;
  readonly reports: Reports;
  readonly ffmpeg: Ffmpeg;
  readonly guard: ProcessGuard;
  /** Makes what viewers see while an encoder is away. */
  readonly reels: ReelMaker;
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
  readonly #takeovers = new Takeovers();
  readonly #refusals: Refusals;
  readonly #permission: Permission;
  #isClosed = false;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#refusals = new Refusals(options.logger);
    this.#permission = new Permission(options.config.publishWebhook, this.#refusals);
  }

  /** The streams whose encoder is here, or about to be. */
  get publishing(): ReadonlySet<StreamId> {
    return new Set([...this.#publications.keys(), ...this.#entering.keys()]);
  }

  async admit({ stream, secret }: StreamKey, gone: AbortSignal): Promise<Seat | Refusal> {
    return this.admitKnown({ stream, hash: await hashOfSecret(secret) }, gone);
  }

  /** The same for an encoder that has shown what follows from the hash, as SRT's passphrase. */
  async admitKnown(
    { stream, hash }: Pick<Arrival, 'stream' | 'hash'>,
    gone: AbortSignal,
  ): Promise<Seat | Refusal> {
    const answer = await this.#answer({ stream, hash, gone });
    if (typeof answer === 'string') this.#refusals.note(stream, answer);
    return answer;
  }

  /**
   * Let nobody in any more, and wait for nobody to come back; resolves when all that publish are settled. The listener
   * sends them away.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#entering.values());
    for (const publication of this.#publications.values()) publication.review();
    await Promise.all([...this.#publications.values()].map(({ ended }) => ended));
  }

  async #answer(arrival: Arrival): Promise<Seat | Refusal> {
    const { stream } = arrival;
    const asked = this.#rowFor(arrival);
    if (typeof asked === 'string') return asked;
    const before = this.#entering.get(stream);
    const entering = (async () => {
      await before;
      return (await this.#permission.ask({ stream, ...asked }, arrival.gone)) ?? this.#enter(arrival);
    })();
    this.#entering.set(stream, entering);
    try {
      return await entering;
    } finally {
      if (this.#entering.get(stream) === entering) this.#entering.delete(stream);
    }
  }

  /** Which encoder it is, by the key; undefined: it has none that is valid. Takes the same time for all. */
  #placeFor(row: StreamRow | undefined, hash: string): Place | undefined {
    const found = PLACES.filter((place) => sameHash(hash, (row && keyHashOf(row, place)) ?? NO_HASH));
    return found[0];
  }

  /** Asked again after each wait: in the meantime, the stream may be stopped or deleted, or its key renewed. */
  #rowFor({ stream, hash, gone }: Arrival): Asked | Refusal {
    const { rows, deletions } = this.#options.tables;
    const row = rows.get(stream);
    const isThere = row?.source.kind === 'ingest' && !deletions.get(stream);
    const place = this.#placeFor(isThere ? row : undefined, hash);
    if (!place || !row) return 'unauthorized';
    if (!row.enabled) return 'stopped';
    return this.#isClosed || gone.aborted ? 'unavailable' : { row, place };
  }

  async #enter(arrival: Arrival): Promise<Seat | Refusal> {
    const { stream } = arrival;
    const asked = this.#rowFor(arrival);
    if (typeof asked === 'string') return asked;
    const present = this.#publications.get(stream);
    const isElsewhere = this.#isOnAirElsewhere(stream);
    // A backup waits beside its primary, and where that is elsewhere, it is let in when that is lost.
    if (isElsewhere && asked.place === 'backup') return 'busy';
    const isTakeover = present && !present.isOver ? present.isTaken(asked.place) : isElsewhere;
    if (isTakeover) {
      const now = Milliseconds.now();
      if (this.#options.config.secondPublisher === 'refuse') return 'busy';
      if (this.#takeovers.mustRest(stream, now)) {
        present?.remark(TWO_ENCODERS);
        return 'busy';
      }
      this.#takeovers.note(stream, now);
    }
    try {
      const answer = await this.#place(arrival, asked, present);
      if (typeof answer === 'string') return answer;
      if (isTakeover) this.#options.reports.happened(stream, { kind: 'taken-over' });
      if (isTakeover) answer.remark(this.#takeovers.isContested(stream) ? TWO_ENCODERS : TAKEN_OVER);
      return answer.seatOf(asked.place);
    } catch (error) {
      this.#refusals.note(stream, 'unavailable', error);
      return 'unavailable';
    }
  }

  /** In the stream that is on air here, if it is. */
  async #place(
    arrival: Arrival,
    { row, place }: Asked,
    present: Publication | undefined,
  ): Promise<Publication | Refusal> {
    if (present && !present.isOver) {
      present.welcome(place, row);
      return present;
    }
    await present?.ended;
    return this.#begin(arrival);
  }

  /** `unavailable` also if another producer has the stream. */
  async #begin(arrival: Arrival): Promise<Publication | Refusal> {
    const { me, log, tables, config, metrics, reports, ffmpeg, guard, reels } = this.#options;
    const { stream, gone } = arrival;
    const asked = this.#rowFor(arrival);
    if (typeof asked === 'string') return asked;
    const { row, place } = asked;
    const logger = this.#options.logger.child({ stream });
    const stopping = new AbortController();
    let status: StatusWriter | undefined;
    const outlet = openOutlet(row, {
      ...{ log, tables, config, logger, metrics, reports },
      state: () => status?.current.state ?? 'starting',
      stopped: stopping.signal,
    });
    const inLog = await outlet.prepare().catch(async (error: unknown) => {
      await outlet.close();
      throw error;
    });
    const newest = this.#rowFor(arrival);
    const claimed =
      typeof newest === 'string'
        ? newest
        : await this.#claim(stream, inLog).catch(() => 'unavailable' as const);
    if (typeof claimed === 'string') {
      await outlet.close();
      return claimed;
    }
    status = new StatusWriter(tables.statuses, stream, claimed, logger, (before, after) =>
      reports.changed(stream, before, after),
    );
    const publication = new Publication({
      ...{
        row,
        place,
        backAfter: config.primaryBackAfter,
        session: claimed.session,
        me,
        tables,
        outlet,
        status,
        stopping,
        metrics,
        reports,
        logger,
        reels,
      },
      ...{ gap: config.ingestGap, isStaying: () => !this.#isClosed },
      tools: { ffmpeg, guard, encoding: config.encoding },
    });
    this.#publications.set(stream, publication);
    void publication.ended
      .catch((error: unknown) => logger.debug({ error }, 'the status could not be written'))
      .finally(() => {
        if (this.#publications.get(stream) === publication) this.#publications.delete(stream);
      });
    if (gone.aborted) publication.seatOf(place).leave({ why: 'gone' });
    if (!publication.isOver) return publication;
    const now = this.#rowFor(arrival);
    return typeof now === 'string' ? now : 'unavailable';
  }

  /**
   * From now on, rows of others are late, and chunks of others are those of an old session.
   * @returns `unavailable` if another producer has claimed it at the same moment, with a later session
   */
  async #claim(
    stream: StreamId,
    inLog: number,
  ): Promise<(StreamStatus & { session: number }) | 'unavailable'> {
    const { me, tables, others } = this.#options;
    const before = tables.statuses.get(stream);
    const session = nextSession(Date.now(), Math.max(inLog, before?.session ?? 0));
    // Another producer shows its slate until our encoder is on air, and viewers see no end in between.
    const isHeld = before?.awaySince !== undefined && others().has(before.producer);
    const { state, startedAt, catalog, awaySince } = isHeld ? before : { state: 'starting' as const };
    const claimed = {
      ...{ producer: me, state, session, startedAt, catalog, awaySince, restarts: 0, droppedChunks: 0 },
      // Why the last one was cut, until this one is on air: it may be the same encoder with the same settings.
      ...{ problem: before?.problem, notes: [], encoderLog: [] },
    };
    await tables.statuses.put(stream, claimed);
    const shown = tables.statuses.get(stream);
    return shown?.producer === me && shown.session === session ? claimed : 'unavailable';
  }

  /** An encoder is on air at another producer, or about to be. */
  #isOnAirElsewhere(stream: StreamId): boolean {
    const { me, tables, others } = this.#options;
    const status = tables.statuses.get(stream);
    if (status === undefined || status.awaySince !== undefined) return false;
    const isOnAir = status.state === 'live' || status.state === 'starting';
    return isOnAir && status.producer !== me && others().has(status.producer);
  }
}

const sameHash = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
};
