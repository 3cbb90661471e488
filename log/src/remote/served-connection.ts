import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { type EventTopic, LogError, type Retention, type ServedLog, type Table } from '../chunk-log.js';
import { type AppendTarget, type Call, type EventTailRequest, failureOf, type TailRequest } from './calls.js';
import { type Frame, FrameReader, jsonBody, Kind, parseBody, writeFrame } from './frames.js';
import { decodeRecords } from './records.js';
import { ServedTails } from './served-tails.js';
import type { SharedAnswers } from './shared-answers.js';
import type { SharedTails } from './shared-tails.js';

/** How much may wait for a client's socket, for all its tails together. */
const SOCKET_BYTES = 8 * 1024 * 1024;
/** Answers and rows of tables come on top; we give up a client that lets this much wait. */
const GIVE_UP_BYTES = 32 * 1024 * 1024;

/** How many characters of a table's rows go into one frame. */
const PIECE_LENGTH = 256 * 1024;

/** What the connections to a log have in common. */
interface Shared {
  readonly tails: SharedTails;
  readonly answers: SharedAnswers;
}

/** The log's end of a connection. */
export class ServedConnection {
  readonly #socket: Socket;
  readonly #log: ServedLog;
  readonly #shared: Shared;
  readonly #logger: Logger;
  readonly #tails: ServedTails;
  readonly #events = new Map<string, Promise<EventTopic>>();
  readonly #unlisten: (() => void)[] = [];
  readonly #closed = new AbortController();

  constructor(socket: Socket, log: ServedLog, shared: Shared, logger: Logger) {
    this.#socket = socket;
    this.#log = log;
    this.#shared = shared;
    this.#logger = logger;
    this.#tails = new ServedTails({
      hasRoom: () => socket.writableLength < SOCKET_BYTES,
      send: (id, bytes) => this.#send(Kind.records, id, bytes),
      fail: (id, error) => this.#fail(id, error),
    });
    const reader = new FrameReader((frame) => this.#receive(frame));
    socket.on('data', (data) => this.#push(reader, data));
    socket.on('drain', () => this.#tails.wake());
    socket.on('error', (error) =>
      logger.debug({ err: error }, 'the connection to a client of the log broke'),
    );
    socket.once('close', () => this.#close());
  }

  end(): void {
    this.#socket.destroy();
  }

  #close(): void {
    this.#closed.abort();
    for (const end of this.#unlisten.splice(0)) end();
    this.#tails.endAll();
  }

  #push(reader: FrameReader, data: Buffer): void {
    try {
      reader.push(data);
    } catch (error) {
      this.#logger.error({ err: error }, 'a client of the log sent something invalid');
      this.end();
    }
  }

  #receive({ kind, id, body }: Frame): void {
    switch (kind) {
      case Kind.call:
        void this.#answer(id, this.#call(parseBody<Call>(body)));
        break;
      case Kind.append:
        void this.#answer(id, this.#append(body));
        break;
      case Kind.tail: {
        const request = parseBody<TailRequest>(body);
        void this.#tails.follow(id, (signal) => this.#piecesOf(request, signal));
        break;
      }
      case Kind.endTail:
        this.#tails.end(id);
        break;
      case Kind.taken:
        this.#tails.taken(id, body.readUInt32BE(0));
        break;
      case Kind.table:
        void this.#table(id, parseBody<string>(body));
        break;
    }
  }

  async #answer(id: number, working: Promise<unknown>): Promise<void> {
    try {
      const value = await working;
      this.#send(Kind.result, id, jsonBody(value ?? null));
    } catch (error) {
      this.#fail(id, error);
    }
  }

  async #call(call: Call): Promise<unknown> {
    const { tails, answers } = this.#shared;
    switch (call.method) {
      case 'createTopic':
        return answers.change(() => this.#log.createTopic(call.stream, call.settings));
      case 'deleteTopic':
        tails.forget(call.stream);
        return answers.change(() => this.#log.deleteTopic(call.stream));
      case 'topics':
        return answers.topics(this);
      case 'bounds':
        return this.#log.bounds(call.stream, call.rendition);
      case 'ends':
        return [...(await answers.ends(this, call.streams))];
      case 'ping':
        return this.#log.ping();
      case 'put':
        return change(await this.#log.table(call.table), call.key, call.value);
      case 'eventTopic':
        return this.#openEvents(call.name, call.retention);
      case 'appendEvents':
        return (await this.#eventTopic(call.name)).append(
          call.events.map(({ key, json }) => ({ key, json })),
        );
    }
  }

  async #openEvents(name: string, retention: Retention): Promise<void> {
    const opening = this.#log.eventTopic(name, retention);
    this.#events.set(name, opening);
    await opening;
  }

  #eventTopic(name: string): Promise<EventTopic> {
    const topic = this.#events.get(name);
    if (!topic) throw new LogError('invalid', `the events "${name}" were not opened`);
    return topic;
  }

  async *#eventPieces({ events, start }: EventTailRequest, signal: AbortSignal): AsyncGenerator<Buffer> {
    const topic = await this.#eventTopic(events);
    for await (const records of topic.tail(start, signal)) yield jsonBody(records);
  }

  async #append(body: Buffer): Promise<number> {
    const end = 2 + body.readUInt16BE(0);
    const { stream, rendition } = parseBody<AppendTarget>(body.subarray(2, end));
    const records = decodeRecords(body.subarray(end)).map(({ header, value }) => {
      if (!header) throw new LogError('invalid', 'a record that is appended needs a header');
      return { header, value };
    });
    return this.#log.append(stream, rendition, records);
  }

  async #table(id: number, name: string): Promise<void> {
    try {
      const table = await this.#log.table(name);
      if (this.#socket.destroyed) return;
      this.#unlisten.push(
        table.onChange((key, value) =>
          this.#send(Kind.row, id, jsonBody(value === undefined ? [key] : [key, value])),
        ),
      );
      for (const rows of piecesOf(table)) {
        this.#send(Kind.rows, id, jsonBody(rows));
        while (this.#socket.writableLength >= SOCKET_BYTES) {
          await once(this.#socket, 'drain', { signal: this.#closed.signal });
        }
      }
      this.#send(Kind.rows, id, jsonBody([]));
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #piecesOf(request: TailRequest, signal: AbortSignal): AsyncIterable<Buffer> {
    return 'events' in request
      ? this.#eventPieces(request, signal)
      : this.#shared.tails.follow(request, signal);
  }

  #fail(id: number, error: unknown): void {
    this.#send(Kind.failure, id, jsonBody(failureOf(error)));
  }

  #send(kind: Kind, id: number, body: Buffer): void {
    if (this.#socket.destroyed) return;
    writeFrame(this.#socket, kind, id, body);
    if (this.#socket.writableLength < GIVE_UP_BYTES) return;
    this.#logger.error('a client of the log does not read its data: giving it up');
    this.end();
  }
}

const change = (table: Table, key: string, value: string | undefined): Promise<void> =>
  value === undefined ? table.delete(key) : table.put(key, value);

/** The rows, each piece in its state when it is requested. Changes between two pieces are reported separately. */
function* piecesOf(table: Table): Generator<readonly (readonly [string, string])[]> {
  let piece: [string, string][] = [];
  let length = 0;
  for (const key of [...table.entries()].map(([each]) => each)) {
    const value = table.get(key);
    if (value === undefined) continue;
    piece.push([key, value]);
    length += key.length + value.length;
    if (length < PIECE_LENGTH) continue;
    yield piece;
    piece = [];
    length = 0;
  }
  if (piece.length > 0) yield piece;
}
