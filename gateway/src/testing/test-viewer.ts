import { type ChunkMessage, decodeChunkMessage } from '@topicast/contracts/chunk-message';
import type { ClientMessage } from '@topicast/contracts/client-message';
import { formatPosition, type Position } from '@topicast/contracts/position';
import { parseServerMessage, type ServerMessage, SUBPROTOCOL } from '@topicast/contracts/server-message';
import { vi } from 'vitest';
import { WebSocket } from 'ws';

export type Received = { chunk: ChunkMessage } | { message: ServerMessage } | { raw: Buffer };

/** A client of a gateway that keeps everything it receives. */
export class TestViewer implements Disposable {
  readonly received: Received[] = [];
  readonly chunks: ChunkMessage[] = [];
  readonly messages: ServerMessage[] = [];
  readonly raw: Buffer[] = [];
  readonly pings: string[] = [];
  readonly pongs: string[] = [];
  closed: { code: number; reason: string } | undefined;
  /** Status of an upgrade that was refused. */
  refused: number | undefined;
  readonly #webSocket: WebSocket;
  readonly #acknowledges: boolean;

  constructor(
    url: string,
    {
      raw = false,
      acknowledges = true,
      subprotocols = [] as string[],
      headers = {} as Record<string, string>,
    } = {},
  ) {
    this.#acknowledges = acknowledges && !raw;
    const offered = raw ? [] : [SUBPROTOCOL, ...subprotocols];
    this.#webSocket = new WebSocket(url, offered, { headers, perMessageDeflate: false });
    this.#webSocket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    this.#webSocket.on('ping', (payload) => this.pings.push(payload.toString()));
    this.#webSocket.on('pong', (payload) => this.pongs.push(payload.toString()));
    this.#webSocket.on('error', () => undefined);
    this.#webSocket.on('unexpected-response', (request, response) => {
      this.refused = response.statusCode;
      request.destroy();
    });
    this.#webSocket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
  }

  get offsets(): number[] {
    return this.chunks.map(({ offset }) => offset);
  }

  get lastPosition(): Position {
    const { rendition, header, offset, part } = this.chunks.at(-1)!;
    return { rendition, session: header.session, offset, part };
  }

  send(message: ClientMessage | string | Buffer): void {
    const isBytes = typeof message === 'string' || Buffer.isBuffer(message);
    this.#webSocket.send(isBytes ? message : JSON.stringify(message));
  }

  ping(payload: string): void {
    this.#webSocket.ping(payload);
  }

  acknowledge(): void {
    this.send({ type: 'ack', position: formatPosition(this.lastPosition) });
  }

  /** Stop reading from the connection, like a client that hangs. */
  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  get protocol(): string {
    return this.#webSocket.protocol;
  }

  async opened(): Promise<void> {
    await until(() => this.#webSocket.readyState === WebSocket.OPEN);
  }

  async close(): Promise<void> {
    this.#webSocket.close();
    await until(() => this.closed !== undefined);
  }

  [Symbol.dispose](): void {
    this.#webSocket.terminate();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#webSocket.protocol !== SUBPROTOCOL) {
      this.raw.push(data);
      this.received.push({ raw: data });
    } else if (isBinary) {
      const chunk = decodeChunkMessage(data);
      if (!chunk) throw new Error('a chunk that cannot be read');
      this.chunks.push(chunk);
      this.received.push({ chunk });
      if (this.#acknowledges && chunk.asksForAck) this.acknowledge();
    } else {
      const message = parseServerMessage(data.toString());
      if (!message) throw new Error(`a message that is not known: ${data.toString()}`);
      this.messages.push(message);
      this.received.push({ message });
    }
  }
}

/** Wait for something to become true, generously. */
export const until = (condition: () => boolean | Promise<boolean>): Promise<void> =>
  vi.waitUntil(condition, { timeout: 20_000, interval: 10 }).then(() => undefined);
