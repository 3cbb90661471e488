import { isDeepStrictEqual } from 'node:util';
import type { Catalog } from '@topicast/contracts/catalog';
import { DESTINATIONS_TABLE, DestinationTables } from '@topicast/contracts/destination';
import type { StreamInfo } from '@topicast/contracts/http';
import { Liveness } from '@topicast/contracts/liveness';
import { LookTables } from '@topicast/contracts/look-tables';
import type { StreamState } from '@topicast/contracts/server-message';
import type { StreamId } from '@topicast/contracts/stream-id';
import { StreamTables } from '@topicast/contracts/stream-tables';
import { type IngestPorts, STATUS_TABLE, STREAMS_TABLE, type StreamRow } from '@topicast/contracts/tables';
import { Milliseconds } from '@topicast/contracts/units';
import type { ChunkReader, ChunkTopics, Tables } from '@topicast/log';
import type { Logger } from 'pino';
import { Analyses } from './analyses.js';
import { Deletions } from './deletions.js';
import { Destinations } from './destinations.js';
import { ForeignTopics } from './foreign-topics.js';
import { RowRepairs } from './row-repairs.js';
import { isStarted, type KnownStream, stateOf, streamInfo } from './stream-info.js';

interface DirectoryOptions {
  readonly log: ChunkReader & ChunkTopics & Tables;
  readonly logger: Logger;
  readonly viewersOf: (stream: StreamId) => number;
  /** The catalog of a stream has arrived or has changed. */
  readonly onCatalog: (stream: StreamId, catalog: Catalog) => void;
  readonly onState: (stream: StreamId, state: StreamState) => void;
  readonly onRemoved: (stream: StreamId) => void;
}

const CLOCK = { monotonic: Milliseconds.now, wall: Milliseconds.wallClock };

/** Which streams there are and how they are: the tables, the producers' heartbeats and foreign topics, joined. */
export class Directory {
  readonly foreign: ForeignTopics;
  readonly deletions: Deletions;
  readonly destinations = new Destinations();
  readonly #options: DirectoryOptions;
  /** Undefined until the tables are opened. */
  #producers: Liveness | undefined;
  #typed: StreamTables | undefined;
  #looks: LookTables | undefined;
  #analyses: Analyses | undefined;
  /** As last reported. */
  readonly #told = new Map<StreamId, StreamState>();
  readonly #catalogs = new Map<StreamId, Catalog>();
  readonly #unlisten: (() => void)[] = [];
  #isClosed = false;
  #isReady = false;
  #problem: unknown;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    const { log, logger } = options;
    this.deletions = new Deletions({
      ...{ log, logger },
      onChange: (stream) => this.#review(stream),
      removeMore: (stream) => this.destinations.removeAll(stream),
    });
    this.foreign = new ForeignTopics({
      log,
      logger,
      isForeign: (stream) => !this.deletions.has(stream) && !this.#hasEncoder(stream),
      onChange: (stream) => this.#review(stream),
    });
  }

  /** Read the tables and list the topics. Rejects with a LogError if the log is away. */
  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      this.#problem = error;
      throw error;
    }
  }

  async #open(): Promise<void> {
    const { log, logger } = this.#options;
    const streams = await log.table(STREAMS_TABLE);
    const status = await log.table(STATUS_TABLE);
    const destinations = await log.table(DESTINATIONS_TABLE);
    if (this.#isClosed) return;
    const typed = new StreamTables({ streams, status }, (stream, error) =>
      logger.warn({ stream, err: error }, 'a row of the tables cannot be read'),
    );
    const producers = new Liveness(status, CLOCK);
    const repairs = new RowRepairs({
      rows: typed.rows,
      isBeingDeleted: (stream) => this.deletions.has(stream),
      logger,
    });
    this.#typed = typed;
    this.#producers = producers;
    const looks = new LookTables({ streams, status }, (look, error) =>
      logger.warn({ look, err: error }, 'a row about a source cannot be read'),
    );
    this.#looks = looks;
    this.destinations.use(
      new DestinationTables({ destinations, status }, (destination, error) =>
        logger.warn({ destination, err: error }, 'a row of a destination cannot be read'),
      ),
    );
    const analyses = new Analyses(status, Milliseconds.now, (stream, error) =>
      logger.warn({ stream, err: error }, 'a row about picture and sound cannot be read'),
    );
    this.#analyses = analyses;
    this.#unlisten.push(
      typed.deletions.onChange((stream, request) => this.deletions.onRequest(stream, request)),
      typed.rows.onChange((stream) => this.#onRow(stream)),
      typed.statuses.onChange((stream) => this.#onStatus(stream)),
      producers.onChange((producer) => this.#onHeartbeat(producer)),
      () => repairs.close(),
      () => typed.close(),
      () => looks.close(),
      () => this.destinations.close(),
      () => analyses.close(),
      () => producers.close(),
    );
    for (const [stream, request] of typed.deletions.rows) this.deletions.onRequest(stream, request);
    for (const stream of typed.rows.rows.keys()) this.#onRow(stream);
    for (const stream of typed.statuses.rows.keys()) this.#onStatus(stream);
    try {
      await this.foreign.open();
    } catch (error) {
      this.#stopListening();
      throw error;
    }
    this.#isReady = true;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopListening();
    await this.foreign.close();
  }

  /** Whether the tables have been read. */
  get ready(): boolean {
    return this.#isReady;
  }

  /** Why the last attempt to read them failed. */
  get problem(): unknown {
    return this.#problem;
  }

  /** The tables, for code that changes them; undefined until they have been read. */
  get tables(): StreamTables | undefined {
    return this.#isReady ? this.#typed : undefined;
  }

  /** What people want to know about sources; undefined until the tables have been read. */
  get lookTables(): LookTables | undefined {
    return this.#isReady ? this.#looks : undefined;
  }

  /** Whether a producer is alive and stays. */
  get hasProducer(): boolean {
    return (this.#producers?.staying().size ?? 0) > 0;
  }

  /** Where encoders can publish; without a port if no producer takes them. */
  get ingestPorts(): IngestPorts {
    return this.#producers?.ingestPorts ?? {};
  }

  /** Where the encoder of this stream can send by SRT; undefined if nowhere, or not yet. */
  srtPlace(stream: StreamId): ReturnType<Liveness['srtPlace']> {
    return this.#producers?.srtPlace(stream);
  }

  /** Whether a producer takes encoders by SRT. */
  get takesSrt(): boolean {
    return this.#producers?.takesSrt === true;
  }

  /** What each producer says about its encoders. */
  get encoding(): Liveness['encoding'] {
    return this.#producers?.encoding ?? [];
  }

  has(stream: StreamId): boolean {
    return !this.deletions.has(stream) && (this.#row(stream) !== undefined || this.foreign.has(stream));
  }

  row(stream: StreamId): StreamRow | undefined {
    return this.deletions.has(stream) ? undefined : this.#row(stream);
  }

  state(stream: StreamId): StreamState {
    const known = this.#know(stream);
    return known ? stateOf(known) : 'offline';
  }

  /** What the encoder offers; topics of other people's producers have no catalog. */
  catalog(stream: StreamId): Catalog | undefined {
    return this.#catalogs.get(stream);
  }

  isStarted(stream: StreamId): boolean {
    const known = this.#know(stream);
    return known !== undefined && isStarted(known);
  }

  info(stream: StreamId): StreamInfo | undefined {
    const known = this.#know(stream);
    return known && streamInfo(known, this.#options.viewersOf(stream));
  }

  list(): StreamInfo[] {
    const ids = new Set([...(this.#typed?.rows.rows.keys() ?? []), ...this.foreign.streams()]);
    return [...ids].sort().flatMap((id) => this.info(id) ?? []);
  }

  /** Notice what shows only with time: producers that went silent, topics that stopped growing. */
  tick(): void {
    for (const stream of [...this.#told.keys()]) this.#review(stream);
    if (this.tables) this.deletions.tick(this.tables);
  }

  #stopListening(): void {
    for (const end of this.#unlisten.splice(0)) end();
  }

  #know(id: StreamId): KnownStream | undefined {
    if (this.deletions.has(id)) return undefined;
    const row = this.#row(id);
    if (row && row.source.kind !== 'topic') {
      const status = this.#typed?.statuses.get(id);
      const isFresh = status !== undefined && this.#producers?.isAlive(status.producer) === true;
      const analysis = this.#analyses?.of(id, status?.session);
      const isListenedFor =
        this.takesSrt || Object.values(this.ingestPorts).some((port) => port !== undefined);
      return { kind: 'encoded', row, status, isFresh, isListenedFor, analysis };
    }
    if (!row && !this.foreign.has(id)) return undefined;
    return { kind: 'foreign', id, row, isLive: this.foreign.isLive(id), found: this.foreign.found(id) };
  }

  #row(stream: StreamId): StreamRow | undefined {
    return this.#typed?.rows.get(stream);
  }

  #hasEncoder(stream: StreamId): boolean {
    const row = this.#row(stream);
    return row !== undefined && row.source.kind !== 'topic';
  }

  #review(stream: StreamId): void {
    const known = this.#know(stream);
    const told = this.#told.get(stream);
    if (!known) {
      this.#told.delete(stream);
      if (told !== undefined) this.#options.onRemoved(stream);
      return;
    }
    const state = stateOf(known);
    if (state === told) return;
    this.#told.set(stream, state);
    this.#options.onState(stream, state);
  }

  #onRow(stream: StreamId): void {
    if (this.#hasEncoder(stream)) this.foreign.remove(stream);
    this.#review(stream);
  }

  #onStatus(stream: StreamId): void {
    const catalog = this.#typed?.statuses.rows.get(stream)?.catalog;
    const told = this.#catalogs.get(stream);
    if (catalog) this.#catalogs.set(stream, catalog);
    else this.#catalogs.delete(stream);
    if (catalog && !isDeepStrictEqual(catalog, told)) this.#options.onCatalog(stream, catalog);
    this.#review(stream);
  }

  #onHeartbeat(producer: string): void {
    for (const [stream, status] of this.#typed?.statuses.rows ?? []) {
      if (status.producer === producer) this.#review(stream);
    }
  }
}
