import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { comparePositions, formatPosition, type Position } from '@topicast/contracts/position';
import type { ServerMessage, StreamState } from '@topicast/contracts/server-message';
import { milliseconds } from '@topicast/contracts/units';
import type { ClockEstimate } from '../core/clock.js';
import type { LinkState } from '../core/player-state.js';
import { badAddress, type Ending, endingOfClose } from '../core/problem.js';
import { isStarved, NO_FAILURES, type ReconnectState, reconnect, worthResuming } from '../core/reconnect.js';
import { ClockExchange } from './clock-exchange.js';
import { Handover, type Successor } from './handover.js';
import { positionOf, Socket, type SocketEvents } from './socket.js';

/** A connection that ends sooner than this did not work: a gateway that falls over at once is not asked at once again. */
const WORKED_AFTER_MS = 2_000;
const LOOK_MS = 500;

export interface LinkEvents {
  onState(state: LinkState): void;
  /** A connection is open; `resumed`: what comes continues what came before. */
  onConnected(resumed: boolean): void;
  onChunk(chunk: ChunkMessage): void;
  onMessage(message: Exclude<ServerMessage, { type: 'clock' | 'move' }>): void;
  onClock(estimate: ClockEstimate): void;
}

/** Stays connected to one stream, at one of its gateways: the only owner of reconnecting. */
export class Link {
  private socket: Socket | undefined;
  /** To another gateway, while this one is going down, or gives nothing. */
  private handover: Handover | undefined;
  /** The handover is off when this connection gives something again. */
  private isStarved = false;
  private stream: StreamState | undefined;
  private watch: ReturnType<typeof setInterval> | undefined;
  private readonly patience = Math.random();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private retries: ReconnectState = NO_FAILURES;
  private last: { readonly position: Position; readonly at: number } | undefined;
  private resumes = false;
  /** The connection may repeat what another one has delivered. */
  private overlaps = false;
  private readonly clock: ClockExchange;

  constructor(
    /** Of the same stream, in the order in which they are asked. */
    private readonly urls: readonly string[],
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
    if (this.urls.length > 1) this.watch = setInterval(() => this.lookElsewhere(), LOOK_MS);
    this.connect();
  }

  /** Go on at the newest keyframe, on the connection there is; one that is being made begins anew, to join there too. */
  seekLive(): void {
    const { handover, isStarved } = this;
    this.stopHandover();
    this.last = undefined;
    this.socket?.send({ type: 'seek', to: 'live' });
    if (!handover) return;
    this.isStarved = isStarved;
    this.move();
  }

  close(): void {
    self.removeEventListener('online', this.retryNow);
    clearTimeout(this.timer);
    this.timer = undefined;
    clearInterval(this.watch);
    this.stopHandover();
    this.disconnect();
  }

  private disconnect(): void {
    this.clock.stop();
    this.socket?.close();
    this.socket = undefined;
  }

  private connect(): void {
    this.timer = undefined;
    const after = this.resumePosition();
    try {
      this.socket = this.openSocket(this.retries.gateway, after, this.socketEvents);
      this.resumes = after !== undefined;
      this.overlaps = false;
    } catch {
      const bad = badAddress(this.urls[this.retries.gateway]!);
      this.ended(this.urls.length > 1 ? { ...bad, retry: 'soon' } : bad);
    }
  }

  private openSocket(gateway: number, after: Position | undefined, events: SocketEvents): Socket {
    return new Socket(resumeAddress(this.urls[gateway]!, after), this.token, this.urls.length > 1, events);
  }

  private resumePosition(): Position | undefined {
    if (!this.last || !worthResuming(milliseconds(performance.now() - this.last.at))) return undefined;
    return this.last.position;
  }

  private readonly socketEvents: SocketEvents = {
    onOpen: () => this.opened(),
    onChunk: (chunk) => this.receiveChunk(chunk),
    onMessage: (message) => this.receiveMessage(message),
    onClosed: (code) => this.ended(endingOfClose(code, this.socket?.openedAt !== undefined)),
  };

  private opened(): void {
    this.clock.start();
    this.events.onState({ status: 'open' });
    this.events.onConnected(this.resumes);
  }

  private receiveChunk(chunk: ChunkMessage): void {
    const position = positionOf(chunk);
    if (this.overlaps && this.last && comparePositions(position, this.last.position) <= 0) return;
    this.overlaps = false;
    if (this.isStarved) this.stopHandover();
    this.last = { position, at: performance.now() };
    this.events.onChunk(chunk);
  }

  private receiveMessage(message: ServerMessage): void {
    if (message.type === 'clock') {
      this.clock.answer(message.client, message.gateway);
    } else if (message.type === 'move') {
      this.isStarved = false;
      this.move();
    } else {
      if (message.type === 'jump') this.overlaps = false;
      else if (message.type === 'state') this.stream = message.state;
      this.events.onMessage(message);
    }
  }

  private lookElsewhere(): void {
    if (this.handover || this.stream !== 'live' || !this.last || this.socket?.openedAt === undefined) return;
    if (!isStarved(milliseconds(performance.now() - this.last.at), this.patience)) return;
    this.isStarved = true;
    this.move();
  }

  /** Go to another gateway; this connection serves until that one does. */
  private move(): void {
    this.handover ??= new Handover({
      gateways: this.urls.length,
      from: this.retries,
      open: (gateway, after, events) => this.openSocket(gateway, after, events),
      position: () => this.resumePosition(),
      onReady: (successor) => {
        this.handover = undefined;
        this.disconnect();
        this.adopt(successor);
        if (!successor.resumes) this.events.onConnected(false);
        if (successor.chunk) this.receiveChunk(successor.chunk);
      },
    });
  }

  private stopHandover(): void {
    this.handover?.close();
    this.handover = undefined;
    this.isStarved = false;
  }

  private adopt({ socket, gateway, resumes, stream }: Successor): void {
    this.socket = socket;
    socket.events = this.socketEvents;
    this.retries = { failures: 0, gateway };
    this.resumes = resumes;
    this.overlaps = resumes;
    this.isStarved = false;
    if (socket.openedAt !== undefined) this.clock.start();
    if (stream) this.receiveMessage({ type: 'state', state: stream });
  }

  private ended({ problem, retry }: Ending): void {
    const openedAt = this.socket?.openedAt;
    this.disconnect();
    const successor = this.handover?.take();
    this.handover = undefined;
    if (successor) {
      this.adopt(successor);
      if (successor.socket.openedAt !== undefined) this.events.onConnected(successor.resumes);
      else this.events.onState({ status: 'retrying', problem, retry: 'soon' });
      return;
    }
    const worked = openedAt !== undefined && performance.now() - openedAt > WORKED_AFTER_MS;
    const decision = reconnect(this.retries, { retry, worked }, this.urls.length, Math.random());
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
