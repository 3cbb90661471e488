import { isDeepStrictEqual } from 'node:util';
import type { Catalog } from '@topicast/contracts/catalog';
import type { StreamInfo } from '@topicast/contracts/http';
import type { StreamState } from '@topicast/contracts/server-message';
import { isStreamId, type StreamId } from '@topicast/contracts/stream-id';
import {
  STATUS_TABLE,
  STREAMS_TABLE,
  type StreamRow,
  type StreamStatus,
  streamRow,
  streamStatus,
} from '@topicast/contracts/tables';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { ChunkLog, Table } from '@topicast/log';
import type { Logger } from 'pino';
import { Deletions } from './deletions.js';
import { ForeignTopics } from './foreign-topics.js';
import { Producers, parseJson } from './producers.js';
import { isStarted, type KnownStream, stateOf, streamInfo } from './stream-info.js';

export interface DirectoryOptions {
  readonly log: ChunkLog;
  readonly logger: Logger;
  readonly viewersOf: (stream: StreamId) => number;
  /** What a stream offers is known, or is something else than before. */
  readonly onCatalog: (stream: StreamId, catalog: Catalog) => void;
  readonly onState: (stream: StreamId, state: StreamState) => void;
  readonly onRemoved: (stream: StreamId) => void;
}

const STATUS_KEY = /^(stream|producer)\/(.+)$/;
const now = (): Milliseconds => milliseconds(performance.now());

/** Which streams there are and how they are: the tables, the producers' heartbeats and foreign topics, joined. */
export class Directory {
  readonly foreign: ForeignTopics;
  readonly deletions: Deletions;
  readonly #options: DirectoryOptions;
  readonly #producers = new Producers();
  readonly #rows = new Map<StreamId, StreamRow>();
  readonly #statuses = new Map<StreamId, StreamStatus>();
  /** As told last. */
  readonly #told = new Map<StreamId, StreamState>();
  readonly #unlisten: (() => void)[] = [];
  #isClosed = false;
  #problem: unknown;
  #tables: { readonly streams: Table; readonly status: Table } | undefined;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    const { log, logger } = options;
    this.deletions = new Deletions({ log, logger, onChange: (stream) => this.#review(stream) });
    this.foreign = new ForeignTopics({
      log,
      logger,
      isForeign: (stream) => !this.deletions.has(stream) && !this.#hasEncoder(stream),
      onChange: (stream) => this.#review(stream),
    });
  }

  /** Read the tables, and see which topics there are. Rejects with a LogError if the log is away. */
  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      this.#problem = error;
      throw error;
    }
  }

  async #open(): Promise<void> {
    const { log } = this.#options;
    const streams = await log.table(STREAMS_TABLE);
    const status = await log.table(STATUS_TABLE);
    if (this.#isClosed) return;
    this.#unlisten.push(
      streams.onChange((key, value) => this.#onRow(key, value)),
      status.onChange((key, value) => this.#onStatus(key, value, 'now')),
    );
    for (const [key, value] of status.entries()) this.#onStatus(key, value, 'before');
    for (const [key, value] of streams.entries()) this.#onRow(key, value);
    try {
      await this.foreign.open();
    } catch (error) {
      this.#stopListening();
      throw error;
    }
    this.#tables = { streams, status };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopListening();
    await this.foreign.close();
  }

  /** Whether the tables have been read. */
  get ready(): boolean {
    return this.#tables !== undefined;
  }

  /** Why they could not be, when that was tried last. */
  get problem(): unknown {
    return this.#problem;
  }

  /** The tables, for who changes them; undefined until they have been read. */
  get tables(): { readonly streams: Table; readonly status: Table } | undefined {
    return this.#tables;
  }

  has(stream: StreamId): boolean {
    return !this.deletions.has(stream) && (this.#rows.has(stream) || this.foreign.has(stream));
  }

  row(stream: StreamId): StreamRow | undefined {
    return this.deletions.has(stream) ? undefined : this.#rows.get(stream);
  }

  state(stream: StreamId): StreamState {
    const known = this.#know(stream);
    return known ? stateOf(known) : 'offline';
  }

  /** What the encoder offers; topics of others' producers have none. */
  catalog(stream: StreamId): Catalog | undefined {
    return this.#statuses.get(stream)?.catalog;
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
    const ids = new Set([...this.#rows.keys(), ...this.foreign.streams()]);
    return [...ids].sort().flatMap((id) => this.info(id) ?? []);
  }

  /** Notice what only the passing of time tells: producers gone silent, topics that stopped growing. */
  tick(): void {
    for (const stream of [...this.#told.keys()]) this.#review(stream);
    if (this.#tables) this.deletions.tick(this.#tables);
  }

  #stopListening(): void {
    for (const end of this.#unlisten.splice(0)) end();
  }

  #know(id: StreamId): KnownStream | undefined {
    if (this.deletions.has(id)) return undefined;
    const row = this.#rows.get(id);
    if (row && row.source.kind !== 'topic') {
      const status = this.#statuses.get(id);
      const isFresh = status !== undefined && this.#producers.isAlive(status.producer, now());
      return { kind: 'encoded', row, status, isFresh };
    }
    if (!row && !this.foreign.has(id)) return undefined;
    return { kind: 'foreign', id, row, isLive: this.foreign.isLive(id), found: this.foreign.found(id) };
  }

  #hasEncoder(stream: StreamId): boolean {
    const row = this.#rows.get(stream);
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

  #onRow(key: string, value: string | undefined): void {
    this.deletions.onRow(key, value);
    if (!isStreamId(key)) return;
    const row = value === undefined ? undefined : streamRow.safeParse(parseJson(value));
    if (row?.success) {
      this.#rows.set(key, row.data);
      if (row.data.source.kind !== 'topic') this.foreign.remove(key);
    } else {
      if (row)
        this.#options.logger.warn({ stream: key, err: row.error }, 'this row of the streams cannot be read');
      this.#rows.delete(key);
    }
    this.#review(key);
  }

  #onStatus(key: string, value: string | undefined, written: 'before' | 'now'): void {
    const [, kind, name = ''] = STATUS_KEY.exec(key) ?? [];
    if (kind === 'producer') this.#onHeartbeat(name, value, written);
    else if (kind === 'stream' && isStreamId(name)) this.#onStreamStatus(name, value);
  }

  #onHeartbeat(producer: string, value: string | undefined, written: 'before' | 'now'): void {
    const wallClock = milliseconds(Date.now());
    if (value === undefined) this.#producers.left(producer);
    else if (written === 'now') this.#producers.heard(producer, now());
    else this.#producers.found(producer, value, now(), wallClock);
    for (const [stream, status] of this.#statuses) if (status.producer === producer) this.#review(stream);
  }

  #onStreamStatus(stream: StreamId, value: string | undefined): void {
    const status = value === undefined ? undefined : streamStatus.safeParse(parseJson(value));
    const before = this.catalog(stream);
    if (status?.success) this.#statuses.set(stream, status.data);
    else this.#statuses.delete(stream);
    const catalog = this.catalog(stream);
    if (catalog && !isDeepStrictEqual(catalog, before)) this.#options.onCatalog(stream, catalog);
    this.#review(stream);
  }
}
