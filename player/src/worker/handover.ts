import type { Catalog } from '@topicast/contracts/catalog';
import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import type { RetryAdvice } from '@topicast/contracts/close-codes';
import type { Offer, ServerMessage, StreamState } from '@topicast/contracts/server-message';
import { isNews, type Place } from '../core/order.js';
import { endingOfClose } from '../core/problem.js';
import { type ReconnectState, reconnect } from '../core/reconnect.js';
import type { Socket, SocketEvents } from './socket.js';

interface HandoverOptions {
  readonly gateways: number;
  /** The next one is tried first. */
  readonly from: ReconnectState;
  /** The old connection carries nothing. */
  readonly isCut: boolean;
  /** @throws {SyntaxError} if the address is none */
  readonly open: (retries: ReconnectState, after: Place | undefined, events: SocketEvents) => Socket;
  /** Where the new connection should continue. */
  readonly resumeAfter: () => Place | undefined;
  /** The place of the old connection; undefined if it is not worth resuming. */
  readonly place: () => Place | undefined;
  /** The new connection has a chunk that the old one has not: change over. */
  readonly onReady: (successor: Successor) => void;
}

/** What a connection has said about the stream. */
interface Heard {
  readonly state?: StreamState;
  readonly catalog?: Catalog;
  readonly offers?: readonly Offer[];
}

/** A connection that can take over. */
export interface Successor {
  readonly socket: Socket;
  readonly gateway: number;
  /** The position after which it continues; undefined if it joins afresh. */
  readonly after: Place | undefined;
  readonly heard: Heard;
  /** The first new chunk. */
  readonly chunk: ChunkMessage | undefined;
}

/** An attempt is in progress, or waits for its time. */
type Attempt =
  | {
      readonly status: 'connecting';
      readonly socket: Socket;
      readonly after: Place | undefined;
      readonly heard: Heard;
    }
  | { readonly status: 'waiting'; readonly timer: ReturnType<typeof setTimeout> }
  | { readonly status: 'over' };

/**
 * Looks for another gateway while the old connection continues. A new connection is ready at its first chunk that the
 * old one has not delivered: everything before that has been played, so nothing is lost and nothing comes twice.
 */
export class Handover {
  readonly #options: HandoverOptions;
  #attempt: Attempt = { status: 'over' };
  #retries: ReconnectState;

  constructor(options: HandoverOptions) {
    this.#options = options;
    const { from, gateways, isCut } = options;
    this.#retries = { failures: 0, gateway: (from.gateway + 1) % gateways, isCut };
    this.#begin();
  }

  /** The old connection is gone: returns the new one, as far as it exists. Ends the handover. */
  take(): Successor | undefined {
    const attempt = this.#attempt;
    this.#attempt = { status: 'over' };
    if (attempt.status === 'waiting') clearTimeout(attempt.timer);
    if (attempt.status !== 'connecting') return undefined;
    const { socket, after, heard } = attempt;
    return { socket, after, heard, gateway: this.#retries.gateway, chunk: undefined };
  }

  /**
   * The old connection has changed its rendition. A new connection that continues in the previous rendition could be
   * anywhere in one of its GOPs, so ask for one at the present place of the old connection.
   */
  restart(): void {
    // An attempt that is still waiting will ask for the place at its own time.
    if (this.#attempt.status !== 'connecting') return;
    this.close();
    this.#begin();
  }

  /** The network is back: what was begun or waits for its time may be in vain. */
  hurry(): void {
    this.close();
    this.#begin();
  }

  close(): void {
    this.take()?.socket.close();
  }

  #begin(): void {
    const after = this.#options.resumeAfter();
    try {
      const socket = this.#options.open(this.#retries, after, this.#socketEvents);
      this.#attempt = { status: 'connecting', socket, after, heard: {} };
    } catch {
      this.#failed('soon');
    }
  }

  readonly #socketEvents: SocketEvents = {
    onOpen: () => {
      if (this.#attempt.status === 'connecting' && !this.#attempt.after) this.#ready(undefined);
    },
    onMessage: (message) => this.#hear(message),
    onChunk: (chunk) => {
      const last = this.#options.place();
      if (!last || isNews(chunk, last)) this.#ready(chunk);
    },
    onClosed: (code) => {
      const hung = this.#attempt.status === 'connecting' && this.#attempt.socket.hung;
      this.#failed(endingOfClose(code, true).retry, hung);
    },
  };

  #hear(message: ServerMessage): void {
    switch (message.type) {
      case 'state':
        this.#note({ state: message.state });
        // No chunk will come.
        if (message.state !== 'live') this.#ready(undefined);
        break;
      case 'catalog':
        this.#note({ catalog: message.catalog });
        break;
      case 'offers':
        this.#note({ offers: message.messages });
        break;
      case 'jump':
      case 'move':
        // It does not have our place, or is going down too.
        this.#failed('soon');
        break;
      default:
    }
  }

  #note(news: Heard): void {
    const attempt = this.#attempt;
    if (attempt.status === 'connecting') {
      this.#attempt = { ...attempt, heard: { ...attempt.heard, ...news } };
    }
  }

  #ready(chunk: ChunkMessage | undefined): void {
    const successor = this.take();
    if (successor) this.#options.onReady({ ...successor, chunk });
  }

  #failed(retry: RetryAdvice, hung = false): void {
    this.close();
    // Even if this gateway refuses us for good, others may not; while the old connection serves us, there is time.
    const advice = retry === 'never' ? 'slowly' : retry;
    const ending = { retry: advice, worked: false, hung };
    const decision = reconnect(this.#retries, ending, this.#options.gateways, Math.random());
    if (decision.retry === 'never') return;
    this.#retries = decision.state;
    this.#attempt = { status: 'waiting', timer: setTimeout(() => this.#begin(), decision.delay) };
  }
}
