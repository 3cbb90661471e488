import type { RetryAdvice } from '@topicast/contracts/close-codes';
import { comparePositions, type Position } from '@topicast/contracts/position';
import type { ServerMessage, StreamState } from '@topicast/contracts/server-message';
import { endingOfClose } from '../core/problem.js';
import { type ReconnectState, reconnect } from '../core/reconnect.js';
import { positionOf, type Socket, type SocketEvents } from './socket.js';

type Chunk = Parameters<SocketEvents['onChunk']>[0];

export interface HandoverOptions {
  readonly gateways: number;
  /** The next one is tried first. */
  readonly from: ReconnectState;
  /** @throws {SyntaxError} if the address is none */
  readonly open: (gateway: number, after: Position | undefined, events: SocketEvents) => Socket;
  /** Where the old connection is; undefined where it is not worth resuming. */
  readonly position: () => Position | undefined;
  /** The new connection has what the old one has not: change over. */
  readonly onReady: (successor: Successor) => void;
}

/** A connection that can take over. */
export interface Successor {
  readonly socket: Socket;
  readonly gateway: number;
  /** Whether it goes on after a position. */
  readonly resumes: boolean;
  /** What it has said of the stream. */
  readonly stream: StreamState | undefined;
  /** The first chunk that is news. */
  readonly chunk: Chunk | undefined;
}

/**
 * Looks for another gateway while the old connection goes on. A new connection is ready with its first chunk that the
 * old one has not delivered: everything before it has been played, so nothing is lost and nothing comes twice.
 */
export class Handover {
  private socket: Socket | undefined;
  private after: Position | undefined;
  private stream: StreamState | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private retries: ReconnectState;

  constructor(private readonly options: HandoverOptions) {
    const { from, gateways } = options;
    this.retries = { failures: 0, gateway: (from.gateway + 1) % gateways };
    this.attempt();
  }

  /** The old connection is gone: whatever there is of a new one. Ends the handover. */
  take(): Successor | undefined {
    clearTimeout(this.timer);
    const { socket, stream } = this;
    this.socket = undefined;
    const { gateway } = this.retries;
    return socket && { socket, gateway, stream, resumes: this.after !== undefined, chunk: undefined };
  }

  close(): void {
    this.take()?.socket.close();
  }

  private attempt(): void {
    this.after = this.options.position();
    this.stream = undefined;
    try {
      this.socket = this.options.open(this.retries.gateway, this.after, this.socketEvents);
    } catch {
      this.failed('soon');
    }
  }

  private readonly socketEvents: SocketEvents = {
    onOpen: () => {
      if (!this.after) this.ready(undefined);
    },
    onMessage: (message) => this.hear(message),
    onChunk: (chunk) => {
      const last = this.options.position();
      if (!last || comparePositions(positionOf(chunk), last) > 0) this.ready(chunk);
    },
    onClosed: (code) => this.failed(endingOfClose(code, true).retry),
  };

  private hear(message: ServerMessage): void {
    if (message.type === 'state') {
      this.stream = message.state;
      // No chunk will come to wait for.
      if (message.state !== 'live') this.ready(undefined);
    } else if (message.type !== 'clock') {
      // It does not have our place, or goes down too.
      this.failed('soon');
    }
  }

  private ready(chunk: Chunk | undefined): void {
    const successor = this.take();
    if (successor) this.options.onReady({ ...successor, chunk });
  }

  private failed(retry: RetryAdvice): void {
    this.socket?.close();
    this.socket = undefined;
    // That this gateway refuses us for good does not mean that all do; while the old connection serves there is time.
    const advice = retry === 'never' ? 'slowly' : retry;
    const ending = { retry: advice, worked: false };
    const decision = reconnect(this.retries, ending, this.options.gateways, Math.random());
    if (decision.retry === 'never') return;
    this.retries = decision.state;
    this.timer = setTimeout(() => this.attempt(), decision.delay);
  }
}
