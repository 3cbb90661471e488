import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import type { ClientMessage } from '@topicast/contracts/client-message';
import type { Position } from '@topicast/contracts/position';
import type { ServerMessage } from '@topicast/contracts/server-message';
import { acknowledge, openLiveSocket, positionOf } from '@topicast/test/live-socket';
import { until } from '@topicast/test/poll';
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

  constructor(
    url: string,
    {
      raw = false,
      acknowledges = true,
      subprotocols = [] as readonly string[],
      headers = {} as Record<string, string>,
    } = {},
  ) {
    this.#webSocket = raw
      ? new WebSocket(url, { headers, perMessageDeflate: false })
      : openLiveSocket(url, {
          ...{ acknowledges, subprotocols, headers },
          chunk: (chunk) => {
            this.chunks.push(chunk);
            this.received.push({ chunk });
          },
          message: (message) => {
            this.messages.push(message);
            this.received.push({ message });
          },
        });
    if (raw) this.#webSocket.on('message', (data: Buffer) => this.#receive(data));
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
    return positionOf(this.chunks.at(-1)!);
  }

  send(message: ClientMessage | string | Buffer): void {
    const isBytes = typeof message === 'string' || Buffer.isBuffer(message);
    this.#webSocket.send(isBytes ? message : JSON.stringify(message));
  }

  ping(payload: string): void {
    this.#webSocket.ping(payload);
  }

  acknowledge(): void {
    acknowledge(this.#webSocket, this.lastPosition);
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

  #receive(data: Buffer): void {
    this.raw.push(data);
    this.received.push({ raw: data });
  }
}
