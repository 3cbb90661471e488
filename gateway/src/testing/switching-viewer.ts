import { type ChunkMessage, decodeChunkMessage } from '@topicast/contracts/chunk-message';
import type { ClientMessage } from '@topicast/contracts/client-message';
import { formatPosition, type Position } from '@topicast/contracts/position';
import { parseServerMessage, type ServerMessage, SUBPROTOCOL } from '@topicast/contracts/server-message';
import { WebSocket } from 'ws';

const RETRY_MS = 20;

const positionOf = ({ rendition, header, offset, part }: ChunkMessage): Position => ({
  rendition,
  session: header.session,
  offset,
  part,
});

export interface SwitchingOptions {
  /** Where to connect next. */
  readonly address: () => string;
  /** Called with each chunk: the rendition to ask for now, if any. */
  readonly wish: (chunk: ChunkMessage) => number | undefined;
}

/**
 * A client that changes the rendition as it likes, moves when it is told to, and resumes where it was when it is cut
 * off: what it keeps should be without a hole whatever happens.
 */
export class SwitchingViewer implements Disposable {
  readonly chunks: ChunkMessage[] = [];
  /** What it was told that should not have happened. */
  readonly faults: string[] = [];
  moves = 0;
  switches = 0;
  #current: WebSocket;
  /** Of a move under way: not ours until it delivers what the current one has not. */
  #next: WebSocket | undefined;
  /** The rendition of the chunks that follow, as told on the current connection. */
  #told: number | undefined;
  /** The connection before ended while a move was under way. */
  #isCatchingUp = false;
  #isClosed = false;

  constructor(private readonly options: SwitchingOptions) {
    this.#current = this.#connect();
  }

  /** Cut the connection, as a network does, and resume. */
  cut(): void {
    if (this.#next) return;
    const old = this.#current;
    this.#current = this.#connect();
    old.terminate();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#current.terminate();
    this.#next?.terminate();
  }

  #connect(): WebSocket {
    const url = new URL(this.options.address());
    const last = this.chunks.at(-1);
    if (last) url.searchParams.set('after', formatPosition(positionOf(last)));
    const webSocket = new WebSocket(url, [SUBPROTOCOL], { perMessageDeflate: false });
    webSocket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#onChunk(webSocket, decodeChunkMessage(data)!);
      else this.#onMessage(webSocket, parseServerMessage(data.toString())!);
    });
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => this.#onClose(webSocket));
    return webSocket;
  }

  #onChunk(from: WebSocket, chunk: ChunkMessage): void {
    if (chunk.asksForAck) send(from, { type: 'ack', position: formatPosition(positionOf(chunk)) });
    const last = this.chunks.at(-1);
    const isNext = from === this.#next;
    if (!isNext && from !== this.#current) return;
    // What the connection before has brought meanwhile comes once more (contracts/PROTOCOL.md 4.5).
    if ((isNext || this.#isCatchingUp) && last && chunk.offset <= last.offset) return;
    this.#isCatchingUp = false;
    if (isNext) {
      this.#current.terminate();
      this.#current = from;
      this.#next = undefined;
      this.#told = undefined;
    }
    if (last && chunk.rendition !== last.rendition) {
      this.switches += 1;
      if (this.#told !== chunk.rendition) this.faults.push(`rendition ${chunk.rendition} came untold`);
    }
    this.chunks.push(chunk);
    const wish = this.options.wish(chunk);
    if (wish !== undefined) send(from, { type: 'rendition', to: wish });
  }

  #onMessage(from: WebSocket, message: ServerMessage): void {
    if (message.type === 'jump' && this.chunks.length > 0) this.faults.push(JSON.stringify(message));
    if (from !== this.#current) return;
    if (message.type === 'rendition') this.#told = message.rendition;
    if (message.type === 'move' && !this.#next) {
      this.moves += 1;
      this.#next = this.#connect();
    }
  }

  #onClose(webSocket: WebSocket): void {
    if (webSocket === this.#next) this.#next = undefined;
    if (webSocket !== this.#current || this.#isClosed) return;
    this.#told = undefined;
    if (this.#next) {
      this.#current = this.#next;
      this.#next = undefined;
      this.#isCatchingUp = true;
    } else {
      setTimeout(() => {
        if (!this.#isClosed) this.#current = this.#connect();
      }, RETRY_MS);
    }
  }
}

function send(webSocket: WebSocket, message: ClientMessage): void {
  if (webSocket.readyState === WebSocket.OPEN) webSocket.send(JSON.stringify(message));
}
