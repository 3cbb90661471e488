import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { StreamId } from '@topicast/contracts/stream-id';
import { STATUS_TABLE } from '@topicast/contracts/tables';
import { THUMBNAILS_TABLE } from '@topicast/contracts/thumbnails';
import { Milliseconds } from '@topicast/contracts/units';
import { type Logger, pino } from 'pino';
import {
  type Bounds,
  type ChunkLog,
  type EventTopic,
  LogError,
  type LogRecord,
  type NewRecord,
  type Retention as RetentionSettings,
  type Share,
  type Table,
  type TailStart,
  type TopicSettings,
} from '../chunk-log.js';
import { OpenTables } from '../open-tables.js';
import { checkAppend, checkPartitionCount } from '../records.js';
import { checkTableName } from '../table-view.js';
import { DamageReport } from './damage-report.js';
import { noRoom } from './disk-errors.js';
import { DiskRoom } from './disk-room.js';
import { EmbeddedEventTopic } from './event-topic.js';
import { FileTable } from './file-table.js';
import { type FolderLock, lockFolder } from './folder-lock.js';
import { closeStore, openStore } from './open-store.js';
import type { Partition } from './partition.js';
import { ProcessTable } from './process-table.js';
import type { NewStoredRecord } from './record-format.js';
import { Reserve } from './reserve.js';
import { Retention } from './retention.js';
import type { Store } from './store.js';
import { Tails } from './tails.js';
import { Topics } from './topics.js';
import { WholeShare } from './whole-share.js';

interface EmbeddedLogOptions {
  /** Created if it does not exist; belongs to one process at a time. */
  readonly directory: string;
  readonly logger?: Logger;
  /** Wall clock. */
  readonly clock?: () => Milliseconds;
}

/**
 * After a full disk, appends fail without a try for this long, because each try costs time and LMDB writes to stderr.
 */
const FULL_PAUSE_MS = 500;

/**
 * Open the log that lives in a folder: chunks in LMDB, tables as JSON files; `topicast.status` and
 * `topicast.thumbnails` in memory.
 *
 * What is acknowledged survives any end of this process, including kill -9. A power cut or a crash of the machine costs
 * the chunks (recording starts over), but never the tables. So does a damaged chunk file, which is moved aside.
 * A damaged record or row costs that record or row. The folder holds about as much as the retention of its topics says,
 * less on a nearly full disk, and does not shrink. Tables can be changed and topics deleted on a full disk.
 *
 * @throws {LogError} `locked` if another process has it open
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<ChunkLog> {
  const directory = resolve(options.directory);
  const logger = options.logger ?? pino({ enabled: false });
  const clock = options.clock ?? Milliseconds.wallClock;
  await mkdir(join(directory, 'tables'), { recursive: true });
  const lock = await lockFolder(directory);
  try {
    const reserve = new Reserve(directory);
    try {
      const store = await openStore(directory, reserve, logger);
      const rows = await FileTable.open({ directory, reserve, logger }, 'topics');
      const room = await DiskRoom.open(directory, reserve, logger);
      reserve.refill();
      return new EmbeddedLog({ directory, lock, reserve, store, rows, room, clock, logger });
    } catch (error) {
      reserve.close();
      throw error;
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface Parts {
  readonly directory: string;
  readonly lock: FolderLock;
  readonly reserve: Reserve;
  readonly store: Store;
  /** Of the topics. */
  readonly rows: FileTable;
  readonly room: DiskRoom;
  readonly clock: () => Milliseconds;
  readonly logger: Logger;
}

class EmbeddedLog implements ChunkLog {
  readonly #parts: Parts;
  readonly #topics: Topics;
  readonly #retention: Retention;
  readonly #tables = new OpenTables((name) => this.#openTable(name));
  readonly #tails: Tails;
  #fullUntil = 0;
  #closing: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { rows, store, room, clock, logger } = parts;
    this.#topics = new Topics(rows, store, new DamageReport(logger));
    this.#tails = new Tails(this.#topics, () => this.#checkOpen());
    this.#retention = new Retention(this.#topics, room, clock, logger);
  }

  get warning(): string | undefined {
    return this.#parts.room.warning;
  }

  async createTopic(stream: StreamId, settings: TopicSettings): Promise<void> {
    this.#checkOpen();
    checkPartitionCount(settings.partitions);
    await this.#topics.create(stream, settings);
  }

  async deleteTopic(stream: StreamId): Promise<void> {
    this.#checkOpen();
    await this.#topics.delete(stream);
  }

  async topics(): Promise<StreamId[]> {
    this.#checkOpen();
    return this.#topics.streams();
  }

  async append(stream: StreamId, rendition: number, records: readonly NewRecord[]): Promise<number> {
    this.#checkOpen();
    checkAppend(records);
    return this.#write(this.#topics.partition(stream, rendition), records);
  }

  async bounds(stream: StreamId, rendition: number): Promise<Bounds> {
    this.#checkOpen();
    return this.#topics.partition(stream, rendition).bounds;
  }

  async ends(streams: readonly StreamId[]): Promise<Map<StreamId, number[]>> {
    this.#checkOpen();
    const ends = new Map<StreamId, number[]>();
    for (const stream of streams) {
      const next = this.#topics.partitions(stream)?.map(({ bounds }) => bounds.next);
      if (next) ends.set(stream, next);
    }
    return ends;
  }

  tail(
    stream: StreamId,
    rendition: number,
    start: TailStart,
    signal: AbortSignal,
  ): AsyncIterable<readonly LogRecord[]> {
    return this.#tails.follow(stream, rendition, start, signal);
  }

  async eventTopic(name: string, retention: RetentionSettings): Promise<EventTopic> {
    this.#checkOpen();
    checkTableName(name);
    const topic = `events.${name}`;
    await this.#topics.create(topic, { partitions: 1, ...retention });
    return new EmbeddedEventTopic({
      append: (records) => {
        this.#checkOpen();
        return this.#write(this.#topics.partition(topic, 0), records);
      },
      tail: (start, signal) => this.#tails.follow(topic, 0, start, signal),
    });
  }

  #write(partition: Partition, records: readonly NewStoredRecord[]): number {
    this.#checkRoom();
    try {
      return partition.append(records, this.#parts.clock());
    } catch (error) {
      if (error instanceof LogError && error.code === 'full') this.#makeRoom();
      throw error;
    }
  }

  async table(name: string): Promise<Table> {
    this.#checkOpen();
    checkTableName(name);
    return this.#tables.get(name);
  }

  async share(_group: string, table: string): Promise<Share> {
    await this.table(table);
    return new WholeShare();
  }

  /** Resolves if an append would succeed. */
  async ping(): Promise<void> {
    this.#checkOpen();
    await this.#parts.room.checkFolder();
    this.#checkRoom();
    this.#parts.store.probe();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /**
   * `topicast.status` says what the producers of this process do, so it ends with the process. Thumbnails are made
   * anew every few seconds, which is no reason to write to the disk.
   */
  async #openTable(name: string): Promise<FileTable | ProcessTable> {
    if (name === STATUS_TABLE || name === THUMBNAILS_TABLE) return new ProcessTable();
    const { directory, reserve, logger } = this.#parts;
    return FileTable.open({ directory: join(directory, 'tables'), reserve, logger }, name);
  }

  async #close(): Promise<void> {
    const { directory, lock, reserve, rows, store } = this.#parts;
    this.#tails.wakeAll();
    await Promise.all((await this.#tables.all()).map((table) => table.close()));
    await rows.close();
    await this.#retention.stop();
    await closeStore(directory, store);
    reserve.close();
    await lock.release();
  }

  #checkOpen(): void {
    if (this.#closing) throw new LogError('closed', 'the log is closed');
  }

  #checkRoom(): void {
    if (performance.now() < this.#fullUntil) throw noRoom(this.#parts.directory);
  }

  /** Old chunks make room for new ones, if there are any. */
  #makeRoom(): void {
    this.#fullUntil = performance.now() + FULL_PAUSE_MS;
    this.#parts.room.refuse();
    this.#retention.sweep();
  }
}
