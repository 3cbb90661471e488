import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { formatPosition, type Position } from '@topicast/contracts/position';
import type { ServerMessage } from '@topicast/contracts/server-message';
import { milliseconds } from '@topicast/contracts/units';
import type { ClockEstimate } from '../core/clock.js';
import type { LinkState } from '../core/player-state.js';
import { badAddress, type Ending, endingOfClose } from '../core/problem.js';
import { NO_FAILURES, type ReconnectState, reconnect, worthResuming } from '../core/reconnect.js';
import { Acks } from './acks.js';
import { ClockExchange } from './clock-exchange.js';
import { Socket } from './socket.js';

/** A connection that ends sooner than this did not work: a gateway that falls over at once is not asked at once again. */
const WORKED_AFTER_MS = 2_000;

export interface LinkEvents {
  onState(state: LinkState): void;
  /** A connection is open; `resumed`: what comes continues what came before. */
  onConnected(resumed: boolean): void;
  onChunk(chunk: ChunkMessage): void;
  onMessage(message: Exclude<ServerMessage, { type: 'clock' }>): void;
  onClock(estimate: ClockEstimate): void;
}

/** Stays connected to one stream: the only owner of reconnecting. */
export class Link {
  private socket: Socket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private retries: ReconnectState = NO_FAILURES;
  private last: { readonly position: Position; readonly at: number } | undefined;
  private openedAt: number | undefined;
  private readonly acks = new Acks((position) => this.socket?.send({ type: 'ack', position }));
  private readonly clock: ClockExchange;

  constructor(
    private readonly url: string,
    private readonly token: string | undefined,
    private readonly events: LinkEvents,
  ) {
    this.clock = new ClockExchange(
      (client) => this.socket?.send({ type: 'clock', client }),
      (estimate) => events.onClock(estimate),
    );
  }

  /** Connect, at the newest keyframe. */
  open(): void {
    this.close();
    this.last = undefined;
    this.retries = NO_FAILURES;
    this.events.onState({ status: 'connecting' });
    self.addEventListener('online', this.retryNow);
    this.connect();
  }

  /** Go on at the newest keyframe, on the connection there is. */
  seekLive(): void {
    this.last = undefined;
    this.socket?.send({ type: 'seek', to: 'live' });
  }

  close(): void {
    self.removeEventListener('online', this.retryNow);
    clearTimeout(this.timer);
    this.timer = undefined;
    this.disconnect();
  }

  private disconnect(): void {
    this.clock.stop();
    this.acks.stop();
    this.socket?.close();
    this.socket = undefined;
  }

  private connect(): void {
    this.timer = undefined;
    this.openedAt = undefined;
    const after =
      this.last && worthResuming(milliseconds(performance.now() - this.last.at)) ? this.last : undefined;
    try {
      this.socket = new Socket(resumeAddress(this.url, after?.position), this.token, {
        onOpen: () => {
          this.openedAt = performance.now();
          this.clock.start();
          this.events.onState({ status: 'open' });
          this.events.onConnected(after !== undefined);
        },
        onChunk: (chunk) => this.receiveChunk(chunk),
        onMessage: (message) => this.receiveMessage(message),
        onClosed: (code) => this.ended(endingOfClose(code, this.openedAt !== undefined)),
      });
    } catch {
      this.ended(badAddress(this.url));
    }
  }

  private receiveChunk(chunk: ChunkMessage): void {
    const { offset, part, header } = chunk;
    const position = { session: header.session, offset, part };
    this.last = { position, at: performance.now() };
    this.events.onChunk(chunk);
    this.acks.received(position);
  }

  private receiveMessage(message: ServerMessage): void {
    if (message.type === 'clock') this.clock.answer(message.client, message.gateway);
    else this.events.onMessage(message);
  }

  private ended({ problem, retry }: Ending): void {
    this.disconnect();
    const worked = this.openedAt !== undefined && performance.now() - this.openedAt > WORKED_AFTER_MS;
    const decision = reconnect(this.retries, { retry, worked }, Math.random());
    if (decision.retry === 'never') {
      this.close();
      this.events.onState({ status: 'failed', problem });
      return;
    }
    this.retries = decision.state;
    this.timer = setTimeout(() => this.connect(), decision.delay);
    this.events.onState({ status: 'retrying', problem, retry: decision.retry });
  }

  private readonly retryNow = (): void => {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.connect();
  };
}

function resumeAddress(url: string, after: Position | undefined): string {
  if (!after) return url;
  const address = new URL(url);
  address.searchParams.set('after', formatPosition(after));
  return address.href;
}
