import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { formatPosition } from '@topicast/contracts/position';
import type { ServerMessage } from '@topicast/contracts/server-message';
import { openLiveSocket, positionOf, say } from '@topicast/test/live-socket';
import type { WebSocket } from 'ws';

const RETRY_MS = 20;

interface SwitchingOptions {
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
  readonly #options: SwitchingOptions;
  #current: WebSocket;
  /** Of a move under way: not ours until it delivers what the current one has not. */
  #next: WebSocket | undefined;
  /** The rendition of the chunks that follow, as told on the current connection. */
  #told: number | undefined;
  /** The connection before ended while a move was under way. */
  #isCatchingUp = false;
  #isClosed = false;

  constructor(options: SwitchingOptions) {
    this.#options = options;
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
    const url = new URL(this.#options.address());
    const last = this.chunks.at(-1);
    if (last) url.searchParams.set('after', formatPosition(positionOf(last)));
    const webSocket = openLiveSocket(url.href, {
      chunk: (chunk) => this.#onChunk(webSocket, chunk),
      message: (message) => this.#onMessage(webSocket, message),
    });
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => this.#onClose(webSocket));
    return webSocket;
  }

  #onChunk(from: WebSocket, chunk: ChunkMessage): void {
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
    const wish = this.#options.wish(chunk);
    if (wish !== undefined) say(from, { type: 'rendition', to: wish });
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
