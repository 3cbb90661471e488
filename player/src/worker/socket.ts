import { type ChunkMessage, decodeChunkMessage } from '@topicast/contracts/chunk-message';
import type { ClientMessage } from '@topicast/contracts/client-message';
import { formatPosition } from '@topicast/contracts/position';
import {
  parseServerMessage,
  type ServerMessage,
  SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX,
} from '@topicast/contracts/server-message';
import { Milliseconds } from '@topicast/contracts/units';
import { positionOf } from '../core/order.js';

/** Because of the clock exchange, something arrives every 3 s even if the stream is offline. */
const SILENCE_TIMEOUT_MS = 10_000;
/**
 * A connection that ends sooner than this counts as failed, so that we do not ask a gateway again at once that fails at
 * once.
 */
const WORKED_AFTER_MS = 2_000;
/** A browser's close code for a connection that ended without a close frame (RFC 6455 7.4.1). */
const ABNORMAL = 1006;

export interface SocketEvents {
  onOpen(): void;
  onChunk(chunk: ChunkMessage): void;
  onMessage(message: ServerMessage): void;
  /** Called once, at the end, unless the socket was closed from here. */
  onClosed(code: number): void;
}

/** One connection to a gateway. */
export class Socket {
  /** Monotonic; undefined before it is open. */
  openedAt: Milliseconds | undefined;
  /** When the newest message came. */
  heardAt = Milliseconds.never;
  /** It ended because it did not open in time. */
  hung = false;
  readonly #socket: WebSocket;
  #watchdog: ReturnType<typeof setTimeout>;

  /** @throws {SyntaxError} if the address is none */
  constructor(
    url: string,
    token: string | undefined,
    openTimeout: Milliseconds,
    /** May change its owner. */
    public events: SocketEvents,
  ) {
    const protocols = token === undefined ? [SUBPROTOCOL] : [SUBPROTOCOL, tokenProtocol(token)];
    this.#socket = new WebSocket(url, protocols);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.onopen = () => {
      this.openedAt = Milliseconds.now();
      this.heardAt = this.openedAt;
      this.#listenFor(SILENCE_TIMEOUT_MS);
      this.events.onOpen();
    };
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = ({ code }) => this.#end(code);
    this.#watchdog = setTimeout(() => {
      this.hung = true;
      this.#end(ABNORMAL);
    }, openTimeout);
  }

  get worked(): boolean {
    return (
      this.openedAt !== undefined && Milliseconds.sub(Milliseconds.now(), this.openedAt) > WORKED_AFTER_MS
    );
  }

  send(message: ClientMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    clearTimeout(this.#watchdog);
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
  }

  #receive(data: string | ArrayBuffer): void {
    this.heardAt = Milliseconds.now();
    this.#listenFor(SILENCE_TIMEOUT_MS);
    if (typeof data === 'string') {
      const message = parseServerMessage(data);
      if (message) this.events.onMessage(message);
    } else {
      const chunk = decodeChunkMessage(new Uint8Array(data));
      if (!chunk) return;
      if (chunk.asksForAck) this.send({ type: 'ack', position: formatPosition(positionOf(chunk)) });
      this.events.onChunk(chunk);
    }
  }

  #listenFor(ms: number): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#end(ABNORMAL), ms);
  }

  #end(code: number): void {
    this.close();
    this.events.onClosed(code);
  }
}

/** base64url without padding (RFC 4648 5), because the name of a subprotocol may only contain such characters. */
function tokenProtocol(token: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(token));
  const base64url = btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return TOKEN_SUBPROTOCOL_PREFIX + base64url;
}
