import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { StreamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import {
  type Bounds,
  type ChunkLog,
  LogError,
  type LogRecord,
  type NewRecord,
  type Share,
  type Table,
  type TailStart,
  type TopicSettings,
} from '../chunk-log.js';
import { type Call, errorOf, type Failure } from './calls.js';
import { type Frame, FrameReader, jsonBody, Kind, parseBody, writeFrame } from './frames.js';
import { decodeRecords, encodeRecords } from './records.js';
import { RemoteTable } from './remote-table.js';
import { RemoteTail } from './remote-tail.js';

interface Waiting {
  resolve(answer: Frame): void;
  reject(error: LogError): void;
}

/** The log of another process of this machine, by way of its {@link LogServer}. */
export class RemoteLog implements ChunkLog {
  /** Resolves when the connection is lost without being closed from here: nothing works any more. */
  readonly lost: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #tails = new Map<number, RemoteTail>();
  readonly #tables = new Map<string, Promise<RemoteTable>>();
  /** By their id, from the moment that their rows are asked for. */
  readonly #openTables = new Map<number, RemoteTable>();
  #lastId = 0;
  #over: LogError | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new FrameReader((frame) => this.#receive(frame));
    socket.on('data', (data) => reader.push(data));
    socket.on('error', () => socket.destroy());
    this.lost = new Promise((resolve) => {
      socket.once('close', () => {
        if (this.#over) return;
        this.#end(new LogError('unavailable', 'the process that reads the log is gone'));
        resolve();
      });
    });
  }

  /** @throws {Error} if nobody listens there */
  static async connect(address: string): Promise<RemoteLog> {
    const socket = connect(address);
    await once(socket, 'connect');
    return new RemoteLog(socket);
  }

  async createTopic(stream: StreamId, settings: TopicSettings): Promise<void> {
    await this.#call({ method: 'createTopic', stream, settings });
  }

  async deleteTopic(stream: StreamId): Promise<void> {
    await this.#call({ method: 'deleteTopic', stream });
  }

  topics(): Promise<StreamId[]> {
    return this.#call<StreamId[]>({ method: 'topics' });
  }

  async append(stream: StreamId, rendition: number, records: readonly NewRecord[]): Promise<number> {
    const target = jsonBody({ stream, rendition });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(target.byteLength);
    const body = Buffer.concat([length, target, encodeNew(records)]);
    const answer = await this.#ask(Kind.append, body);
    return parseBody<number>(answer.body);
  }

  bounds(stream: StreamId, rendition: number): Promise<Bounds> {
    return this.#call<Bounds>({ method: 'bounds', stream, rendition });
  }

  async *tail(
    stream: StreamId,
    rendition: number,
    start: TailStart,
    signal: AbortSignal,
  ): AsyncIterable<readonly LogRecord[]> {
    this.#checkOpen();
    if (signal.aborted) return;
    const id = this.#newId();
    const tail = new RemoteTail();
    this.#tails.set(id, tail);
    this.#send(Kind.tail, id, jsonBody({ stream, rendition, start }));
    try {
      for await (const bytes of tail.bodies(signal)) {
        yield decodeRecords(bytes);
        const taken = Buffer.alloc(4);
        taken.writeUInt32BE(bytes.byteLength);
        this.#send(Kind.taken, id, taken);
      }
    } finally {
      this.#tails.delete(id);
      this.#send(Kind.endTail, id, Buffer.alloc(0));
    }
  }

  async table(name: string): Promise<Table> {
    this.#checkOpen();
    const known = this.#tables.get(name);
    if (known) return known;
    const opening = this.#openTable(name);
    this.#tables.set(name, opening);
    opening.catch(() => this.#tables.delete(name));
    return opening;
  }

  /** Workers serve viewers; what there is to share is the producers' business. */
  async share(): Promise<Share> {
    throw new LogError('invalid', 'a worker of a gateway shares no rows');
  }

  async ping(): Promise<void> {
    await this.#call({ method: 'ping' });
  }

  async close(): Promise<void> {
    if (this.#over) return;
    this.#end(new LogError('closed', 'the log is closed'));
    this.#socket.destroy();
  }

  async #openTable(name: string): Promise<RemoteTable> {
    const id = this.#newId();
    const table = new RemoteTable(async (key, value) => {
      await this.#call({ method: 'put', table: name, key, ...(value !== undefined && { value }) });
    });
    this.#openTables.set(id, table);
    const allRows = this.#expect(id);
    this.#send(Kind.table, id, jsonBody(name));
    try {
      await allRows;
    } catch (error) {
      this.#openTables.delete(id);
      throw error;
    }
    return table;
  }

  async #call<T>(call: Call): Promise<T> {
    const { body } = await this.#ask(Kind.call, jsonBody(call));
    return parseBody<T>(body);
  }

  async #ask(kind: Kind, body: Buffer): Promise<Frame> {
    this.#checkOpen();
    const id = this.#newId();
    const answer = this.#expect(id);
    this.#send(kind, id, body);
    return answer;
  }

  #expect(id: number): Promise<Frame> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #receive(frame: Frame): void {
    const { kind, id, body } = frame;
    if (kind === Kind.records) {
      this.#tails.get(id)?.push(body);
    } else if (kind === Kind.row) {
      const [key, value] = parseBody<[string, string?]>(body);
      this.#openTables.get(id)?.onRow(key, value);
    } else if (kind === Kind.failure) {
      this.#fail(id, errorOf(parseBody<Failure>(body)));
    } else if (kind === Kind.rows) {
      const rows = parseBody<[string, string][]>(body);
      for (const [key, value] of rows) this.#openTables.get(id)?.onRow(key, value);
      if (rows.length === 0) this.#settle(frame);
    } else {
      this.#settle(frame);
    }
  }

  #settle(frame: Frame): void {
    this.#waiting.get(frame.id)?.resolve(frame);
    this.#waiting.delete(frame.id);
  }

  #fail(id: number, error: LogError): void {
    this.#tails.get(id)?.fail(error);
    this.#waiting.get(id)?.reject(error);
    this.#waiting.delete(id);
  }

  #end(error: LogError): void {
    this.#over = error;
    for (const id of [...this.#waiting.keys(), ...this.#tails.keys()]) this.#fail(id, error);
  }

  #send(kind: Kind, id: number, body: Buffer): void {
    if (this.#socket.destroyed) return;
    writeFrame(this.#socket, kind, id, body);
  }

  #newId(): number {
    // 32 bits: what has the same number is long over.
    this.#lastId = (this.#lastId + 1) >>> 0;
    return this.#lastId;
  }

  #checkOpen(): void {
    if (this.#over) throw this.#over;
  }
}

/** @throws {LogError} `invalid` for a header that cannot be */
function encodeNew(records: readonly NewRecord[]): Buffer {
  try {
    return encodeRecords(records.map((record) => ({ ...record, offset: 0, timestamp: milliseconds(0) })));
  } catch (cause) {
    throw new LogError('invalid', (cause as Error).message, { cause });
  }
}
