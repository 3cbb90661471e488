import type { StreamId } from '@topicast/contracts/stream-id';
import { Milliseconds } from '@topicast/contracts/units';
import {
  type Bounds,
  type EventTopic,
  LogError,
  type LogRecord,
  type NewRecord,
  type Retention,
  type ServedLog,
  type Table,
  type TailStart,
  type TopicSettings,
} from '../chunk-log.js';
import { OpenTables } from '../open-tables.js';
import { ClientConnection } from './client-connection.js';
import { jsonBody, Kind, parseBody } from './frames.js';
import { decodeRecords, encodeRecords } from './records.js';
import { RemoteEventTopic } from './remote-event-topic.js';
import { RemoteTable } from './remote-table.js';

/** The log of another process, through its {@link LogServer}. */
export class RemoteLog implements ServedLog {
  readonly #connection: ClientConnection;
  readonly #tables = new OpenTables((name) => this.#openTable(name));

  private constructor(connection: ClientConnection) {
    this.#connection = connection;
  }

  /** @throws {Error} if nobody listens there */
  static async connect(address: string): Promise<RemoteLog> {
    return new RemoteLog(await ClientConnection.open(address));
  }

  /** Resolves when the connection is lost without having been closed from here; after that, nothing works. */
  get lost(): Promise<void> {
    return this.#connection.lost;
  }

  async createTopic(stream: StreamId, settings: TopicSettings): Promise<void> {
    await this.#connection.call({ method: 'createTopic', stream, settings });
  }

  async deleteTopic(stream: StreamId): Promise<void> {
    await this.#connection.call({ method: 'deleteTopic', stream });
  }

  topics(): Promise<StreamId[]> {
    return this.#connection.call<StreamId[]>({ method: 'topics' });
  }

  async append(stream: StreamId, rendition: number, records: readonly NewRecord[]): Promise<number> {
    const target = jsonBody({ stream, rendition });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(target.byteLength);
    const body = Buffer.concat([length, target, encodeNew(records)]);
    const answer = await this.#connection.ask(Kind.append, body);
    return parseBody<number>(answer.body);
  }

  bounds(stream: StreamId, rendition: number): Promise<Bounds> {
    return this.#connection.call<Bounds>({ method: 'bounds', stream, rendition });
  }

  async ends(streams: readonly StreamId[]): Promise<Map<StreamId, (number | undefined)[]>> {
    const ends = await this.#connection.call<[StreamId, (number | null)[]][]>({ method: 'ends', streams });
    return new Map(ends.map(([stream, offsets]) => [stream, offsets.map((offset) => offset ?? undefined)]));
  }

  async *tail(
    stream: StreamId,
    rendition: number,
    start: TailStart,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LogRecord[]> {
    for await (const piece of this.#connection.tail({ stream, rendition, start }, signal)) {
      yield decodeRecords(piece);
    }
  }

  async table(name: string): Promise<Table> {
    this.#connection.checkOpen();
    return this.#tables.get(name);
  }

  async eventTopic(name: string, retention: Retention): Promise<EventTopic> {
    await this.#connection.call({ method: 'eventTopic', name, retention });
    return new RemoteEventTopic(name, this.#connection);
  }

  async ping(): Promise<void> {
    await this.#connection.call({ method: 'ping' });
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  async #openTable(name: string): Promise<RemoteTable> {
    const table = new RemoteTable(async (key, value) => {
      await this.#connection.call({
        method: 'put',
        table: name,
        key,
        ...(value !== undefined && { value }),
      });
    });
    await this.#connection.followTable(name, (key, value) => table.onRow(key, value));
    return table;
  }
}

/** @throws {LogError} `invalid` for an impossible header */
function encodeNew(records: readonly NewRecord[]): Buffer {
  try {
    return encodeRecords(records.map((record) => ({ ...record, offset: 0, timestamp: Milliseconds.zero })));
  } catch (cause) {
    throw new LogError('invalid', (cause as Error).message, { cause });
  }
}
