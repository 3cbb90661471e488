import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { LogError } from '../chunk-log.js';
import { type Call, errorOf, type Failure, type TailRequest } from './calls.js';
import { type Frame, FrameReader, jsonBody, Kind, parseBody, writeFrame } from './frames.js';
import { RemoteTail } from './remote-tail.js';

/** Called for each row of a table, and then for each change; without a value, the row is gone. */
type OnRow = (key: string, value: string | undefined) => void;

interface Waiting {
  resolve(answer: Frame): void;
  reject(error: LogError): void;
}

/** The client's end of a connection to a log: requests and their answers, and everything that the log sends. */
export class ClientConnection {
  /** Resolves when the connection is lost without having been closed from here; after that, nothing works. */
  readonly lost: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #tails = new Map<number, RemoteTail>();
  /** By their id, from the moment when their rows are requested. */
  readonly #tables = new Map<number, OnRow>();
  #lastId = 0;
  #over: LogError | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new FrameReader((frame) => this.#receive(frame));
    socket.on('data', (data) => {
      try {
        reader.push(data);
      } catch (cause) {
        const words = `the log sent something invalid: ${(cause as Error).message}`;
        socket.destroy(new LogError('unavailable', words, { cause }));
      }
    });
    let problem = new LogError('unavailable', 'the process that reads the log is gone');
    socket.on('error', (error) => {
      if (error instanceof LogError) problem = error;
      socket.destroy();
    });
    this.lost = new Promise((resolve) => {
      socket.once('close', () => {
        if (this.#over) return;
        this.#end(problem);
        resolve();
      });
    });
  }

  /** @throws {Error} if nobody listens there */
  static async open(address: string): Promise<ClientConnection> {
    const socket = connect(address);
    await once(socket, 'connect');
    return new ClientConnection(socket);
  }

  /** @throws {LogError} the log's own error, `unavailable` if the connection is lost, `closed` if it was closed */
  async call<T>(call: Call): Promise<T> {
    const { body } = await this.ask(Kind.call, jsonBody(call));
    return parseBody<T>(body);
  }

  /** @throws {LogError} as {@link call} */
  async ask(kind: Kind, body: Buffer): Promise<Frame> {
    this.checkOpen();
    const id = this.#newId();
    const answer = this.#expect(id);
    this.#send(kind, id, body);
    return answer;
  }

  /** Pieces of a tail until the signal aborts. A piece counts as taken when the next one is requested. */
  async *tail(request: TailRequest, signal: AbortSignal): AsyncGenerator<Buffer, void> {
    this.checkOpen();
    if (signal.aborted) return;
    const id = this.#newId();
    const tail = new RemoteTail();
    this.#tails.set(id, tail);
    this.#send(Kind.tail, id, jsonBody(request));
    try {
      for await (const piece of tail.pieces(signal)) {
        yield piece;
        const taken = Buffer.alloc(4);
        taken.writeUInt32BE(piece.byteLength);
        this.#send(Kind.taken, id, taken);
      }
    } finally {
      this.#tails.delete(id);
      this.#send(Kind.endTail, id, Buffer.alloc(0));
    }
  }

  /** Resolves when all rows have been reported; changes are reported from then on. */
  async followTable(name: string, onRow: OnRow): Promise<void> {
    this.checkOpen();
    const id = this.#newId();
    this.#tables.set(id, onRow);
    const allRows = this.#expect(id);
    this.#send(Kind.table, id, jsonBody(name));
    try {
      await allRows;
    } catch (error) {
      this.#tables.delete(id);
      throw error;
    }
  }

  /** @throws {LogError} why it is over */
  checkOpen(): void {
    if (this.#over) throw this.#over;
  }

  close(): void {
    if (this.#over) return;
    this.#end(new LogError('closed', 'the log is closed'));
    this.#socket.destroy();
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
      this.#tables.get(id)?.(key, value);
    } else if (kind === Kind.failure) {
      this.#fail(id, errorOf(parseBody<Failure>(body)));
    } else if (kind === Kind.rows) {
      const rows = parseBody<[string, string][]>(body);
      for (const [key, value] of rows) this.#tables.get(id)?.(key, value);
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
    // 32 bits: anything with the same number ended long ago.
    this.#lastId = (this.#lastId + 1) >>> 0;
    return this.#lastId;
  }
}
