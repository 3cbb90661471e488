import type { Socket } from 'node:net';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import {
  ChunkReader,
  ClientHandshake,
  chunksOf,
  controlMessage,
  type Message,
  type ReaderLimits,
  readValues,
  TYPE,
  type Value,
  WireError,
} from '@topicast/rtmp';
import type { RtmpDestination } from '@topicast/sources';
import { DestinationError } from '../destination-error.js';
import {
  CHUNK_BYTES,
  capabilitiesIn,
  connect,
  createStream,
  farewell,
  publish,
  statusIn,
  TRANSACTION,
} from './commands.js';
import type { Capabilities } from './flv-messages.js';
import { hungUp, notRtmp, refused, type Step, silent } from './words.js';

/** Until it says that we may publish. */
const PATIENCE = milliseconds(10_000);
const FAREWELL_MS = 500;
/** A server has short answers for who publishes. */
const LIMITS: ReaderLimits = { chunkStreams: 16, messageBytes: 64 * 1024, pendingBytes: 128 * 1024 };
/** In this time, a server says less than so much to who publishes. */
const FLOOD = { bytes: 256 * 1024, period: milliseconds(10_000) } as const;
const PING_REQUEST = 6;
const PONG = 7;

type Address = Pick<RtmpDestination, 'server' | 'application' | 'key'>;

/** Publishing to a server of RTMP, from the first byte to the last. It owns the socket from the beginning. */
export class RtmpPublication {
  /** Resolves with the reason when the connection is over, unless we closed it. */
  readonly ended: Promise<DestinationError>;
  takes: Capabilities = { hevc: false, opus: false };
  readonly #socket: Socket;
  readonly #address: Address;
  readonly #handshake = new ClientHandshake();
  readonly #reader = new ChunkReader(LIMITS);
  readonly #opened: Promise<void>;
  #open: () => void = () => undefined;
  #end: (error: DestinationError) => void = () => undefined;
  #step: Step = 'handshake';
  #streamId = 1;
  #isClosing = false;
  #received = 0;
  #acknowledged = 0;
  #window = Number.POSITIVE_INFINITY;
  #flood = { since: Milliseconds.now(), bytes: 0 };

  private constructor(socket: Socket, address: Address) {
    this.#socket = socket;
    this.#address = address;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /**
   * Resolves when the server takes media.
   * @throws {DestinationError}
   */
  static async open(
    socket: Socket,
    address: Address,
    { signal, patience = PATIENCE }: { readonly signal: AbortSignal; readonly patience?: Milliseconds },
  ): Promise<RtmpPublication> {
    const publication = new RtmpPublication(socket, address);
    const stop = (): void =>
      publication.#fail(new DestinationError('closed', 'The connection was given up.'));
    const timer = setTimeout(() => publication.#fail(silent(publication.#place)), patience);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    publication.#run();
    try {
      const failed = publication.ended.then((error) => Promise.reject(error));
      await Promise.race([publication.#opened, failed]);
      return publication;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  /** Bytes that the destination has not read yet, as far as this process can tell. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  /** @param done called when the bytes have left this process, or never will */
  send(type: number, timestamp: number, body: Uint8Array, done?: () => void): void {
    if (!this.#socket.writable) return;
    const message = { type, streamId: this.#streamId, timestamp: timestamp >>> 0, body };
    this.#socket.write(chunksOf(message, CHUNK_BYTES), done);
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => {
      if (this.#socket.closed) resolve();
      else this.#socket.once('close', () => resolve());
    });
    if (this.#step === 'live' && this.#socket.writable) {
      this.#socket.end(farewell(this.#streamId, this.#address.key));
      setTimeout(() => this.#socket.destroy(), FAREWELL_MS).unref();
    } else {
      this.#socket.destroy();
    }
    await closed;
  }

  end(error: DestinationError): void {
    this.#fail(error);
  }

  #run(): void {
    const socket = this.#socket;
    socket.on('data', (data: Buffer) => {
      try {
        this.#onData(data);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        this.#fail(notRtmp(this.#place, error));
      }
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(hungUp(this.#place, error.code)));
    socket.once('close', () => this.#fail(hungUp(this.#place, undefined)));
    socket.once('end', () => this.#fail(hungUp(this.#place, undefined)));
    socket.write(this.#handshake.hello);
  }

  #onData(data: Uint8Array): void {
    this.#received += data.byteLength;
    this.#countFlood(data.byteLength);
    let rest = data;
    if (this.#step === 'handshake') {
      const done = this.#handshake.push(data);
      if (!done) return;
      rest = data.subarray(done.taken);
      this.#step = 'connect';
      const { application, server } = this.#address;
      const chunkSize = controlMessage(TYPE.chunkSize, CHUNK_BYTES);
      this.#socket.write(Buffer.concat([done.reply, chunkSize, connect(application, server)]));
    }
    for (const message of this.#reader.push(rest)) this.#onMessage(message);
    this.#acknowledge();
  }

  #onMessage({ type, body }: Message): void {
    switch (type) {
      case TYPE.command:
        this.#onCommand(readValues(body));
        return;
      case TYPE.command3:
        // After a byte, what servers send as AMF 3 begins as AMF 0.
        this.#onCommand(readValues(body.subarray(1)));
        return;
      case TYPE.windowSize:
        if (body.byteLength >= 4)
          this.#window = Math.max(1_024, new DataView(body.buffer, body.byteOffset).getUint32(0));
        return;
      case TYPE.userControl:
        if (body[0] !== 0 || body[1] !== PING_REQUEST) return;
        this.#write({ type, streamId: 0, body: Uint8Array.of(0, PONG, ...body.subarray(2, 6)) });
        return;
    }
  }

  #onCommand(values: readonly Value[] | undefined): void {
    if (!values) throw new WireError('a command that cannot be read');
    const [name, transaction, , result] = values;
    switch (name) {
      case '_result':
        if (transaction === TRANSACTION.connect && this.#step === 'connect') {
          this.takes = capabilitiesIn(values);
          this.#step = 'create';
          this.#socket.write(createStream(this.#address.key));
        } else if (transaction === TRANSACTION.createStream && this.#step === 'create') {
          this.#streamId = typeof result === 'number' ? result : 1;
          this.#step = 'publish';
          this.#socket.write(publish(this.#streamId, this.#address.key));
        }
        return;
      case '_error':
        // Some servers do not know releaseStream and FCPublish, and that is no harm.
        if (transaction === TRANSACTION.connect || transaction === TRANSACTION.createStream)
          this.#onRefusal(values);
        return;
      case 'onStatus':
        this.#onStatus(values);
        return;
      case 'close':
        this.#fail(hungUp(this.#place, undefined));
        return;
    }
  }

  #onStatus(values: readonly Value[]): void {
    const { level, code } = statusIn(values, this.#address.key);
    if (this.#step === 'publish' && code === 'NetStream.Publish.Start') {
      this.#step = 'live';
      this.#open();
    } else if (level === 'error' || code === 'NetStream.Publish.BadName') {
      this.#onRefusal(values);
    } else if (code === 'NetStream.Unpublish.Success') {
      this.#fail(hungUp(this.#place, undefined));
    }
  }

  #onRefusal(values: readonly Value[]): void {
    this.#fail(refused(this.#place, values, this.#address.key));
  }

  #write(message: Omit<Message, 'timestamp'>): void {
    if (this.#socket.writable) this.#socket.write(chunksOf(message, CHUNK_BYTES));
  }

  #acknowledge(): void {
    if (this.#received - this.#acknowledged < this.#window) return;
    this.#acknowledged = this.#received;
    this.#socket.write(controlMessage(TYPE.acknowledgement, this.#received >>> 0));
  }

  #countFlood(count: number): void {
    const now = Milliseconds.now();
    if (Milliseconds.sub(now, this.#flood.since) > FLOOD.period) this.#flood = { since: now, bytes: 0 };
    this.#flood.bytes += count;
    if (this.#flood.bytes > FLOOD.bytes) throw new WireError('more than a server has to say');
  }

  /** The first reason counts. */
  #fail(error: DestinationError): void {
    if (!this.#isClosing) this.#end(error);
    this.#isClosing = true;
    this.#socket.destroy();
  }

  get #place() {
    return { step: this.#step, application: this.#address.application };
  }
}
