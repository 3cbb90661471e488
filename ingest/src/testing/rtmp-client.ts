import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import {
  ChunkReader,
  chunksOf,
  type Message,
  readValues,
  TYPE,
  type Written,
  writeValues,
} from '@topicast/rtmp';
import { SECRET, STREAM } from './reception.js';

const HANDSHAKE_BYTES = 1 + 2 * 1536;

/** A client that says what no encoder would say. */
export class RtmpClient implements Disposable {
  readonly socket: Socket;
  readonly heard: Message[] = [];
  readonly #closed: Promise<unknown>;
  readonly #reader = new ChunkReader({ chunkStreams: 64, messageBytes: 1 << 20, pendingBytes: 1 << 20 });
  #skipped = 0;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.#closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('data', (data) => {
      const skip = Math.min(HANDSHAKE_BYTES - this.#skipped, data.byteLength);
      this.#skipped += skip;
      for (const message of this.#reader.push(data.subarray(skip)))
        this.heard.push({ ...message, body: new Uint8Array(message.body) });
    });
  }

  /** The codes of the status messages so far. */
  get codes(): string[] {
    return this.heard
      .filter(({ type }) => type === TYPE.command)
      .map(({ body }) => readValues(body)?.at(-1))
      .flatMap((info) => (info instanceof Map ? String(info.get('code')) : []));
  }

  greet(): this {
    this.socket.write(Buffer.concat([Buffer.of(3), Buffer.alloc(8), randomBytes(1528), Buffer.alloc(1536)]));
    return this;
  }

  send(message: Omit<Message, 'timestamp'>): this {
    this.socket.write(chunksOf(message));
    return this;
  }

  command(...values: readonly Written[]): this {
    return this.send({ type: TYPE.command, streamId: 1, body: writeValues(...values) });
  }

  publish(key = `${STREAM}.${SECRET}`): this {
    this.greet();
    this.command('connect', 1, { app: 'live', tcUrl: 'rtmp://127.0.0.1/live' });
    this.command('createStream', 2, null);
    return this.command('publish', 3, null, key, 'live');
  }

  async closed(): Promise<void> {
    await this.#closed;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
