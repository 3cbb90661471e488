import { type ClientMessage, parseClientMessage } from '@topicast/contracts/client-message';
import { CloseCode } from '@topicast/contracts/close-codes';
import { type Position, parsePosition } from '@topicast/contracts/position';
import type { PathDelays, StreamState } from '@topicast/contracts/server-message';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { SyncNews } from '@topicast/contracts/sync';
import { Milliseconds } from '@topicast/contracts/units';
import { type RawData, WebSocket } from 'ws';
import type { GatewayMetrics } from '../metrics/metrics.js';
import type { Protocol } from '../stream/protocol.js';
import type { Unavailable } from '../stream/subscriber.js';
import type { SyncGroups, SyncMember } from '../sync/groups.js';
import { Outlet, type OutletOptions } from './outlet.js';
import { Playout, type PlayoutOptions } from './playout.js';
import { RateLimit } from './rate-limit.js';
import { ViewerLiveness } from './viewer-liveness.js';

interface ViewerOptions extends Omit<OutletOptions, 'acceptedAt' | 'onDone'>, PlayoutOptions {
  readonly stream: StreamId;
  /** When the viewer's token ceases to be valid, wall clock. */
  readonly expiresAt: Milliseconds | undefined;
  readonly messagesPerSecond: number;
  readonly groups: SyncGroups;
}

/** What we tell a viewer before its first chunk. */
interface Greeting {
  readonly state: StreamState;
  /** The frame of the stream's catalog, if it has one. */
  readonly catalog: Buffer | undefined;
  /** Whether to tell the viewer its rendition, because it is not the one that it asked for. */
  readonly isOtherRendition: boolean;
  /** Whether the viewer wants to know which later messages we understand. */
  readonly offers: boolean;
}

/** One viewer: who it is, what it says, and whether it is still there. The gateway calls `tick`. */
export class ViewerConnection implements SyncMember {
  readonly stream: StreamId;
  readonly protocol: Protocol;
  readonly #webSocket: WebSocket;
  readonly #outlet: Outlet;
  readonly #playout: Playout;
  readonly #metrics: GatewayMetrics;
  readonly #expiresAt: Milliseconds | undefined;
  readonly #messages: RateLimit;
  readonly #groups: SyncGroups;
  readonly #acceptedAt = Milliseconds.now();
  readonly #liveness = new ViewerLiveness(this.#acceptedAt);

  constructor(options: ViewerOptions) {
    const { webSocket, metrics } = options;
    this.stream = options.stream;
    this.protocol = options.protocol;
    this.#webSocket = webSocket;
    this.#metrics = metrics;
    this.#expiresAt = options.expiresAt;
    this.#outlet = new Outlet({
      ...options,
      acceptedAt: this.#acceptedAt,
      onDone: (wasFull) => this.#onDone(wasFull),
    });
    this.#messages = new RateLimit(options.messagesPerSecond, this.#acceptedAt);
    this.#groups = options.groups;
    this.#playout = new Playout(options, this.#outlet, (why) => this.#onUnavailable(why));
    webSocket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    webSocket.on('pong', (payload) => this.#onPong(payload));
    webSocket.on('ping', (payload) => this.#onPing(payload));
    webSocket.on('close', () => {
      this.#playout.stop();
      this.#groups.leave(this);
    });
  }

  /** Begin with the state and the catalog, then send chunks as they arrive. */
  start({ state, catalog, isOtherRendition, offers }: Greeting): void {
    if (isOtherRendition) this.#outlet.tellRendition();
    if (offers && this.protocol === 'v1') this.#outlet.control.tellOffers();
    if (catalog) this.setCatalog(catalog);
    this.setState(state);
    this.#playout.start();
  }

  setState(state: StreamState): void {
    if (this.protocol !== 'v1') return;
    this.#outlet.control.setState(state);
    this.#outlet.talk();
  }

  setCatalog(frame: Buffer): void {
    if (this.protocol !== 'v1') return;
    this.#outlet.control.setCatalog(frame);
    this.#outlet.talk();
  }

  setSync(news: SyncNews): void {
    this.#outlet.control.setSync(news);
    this.#outlet.talk();
  }

  /** Tell the viewer to go elsewhere. Returns false for one that cannot be told. */
  move(): boolean {
    if (this.protocol !== 'v1') return false;
    this.#playout.fixRendition();
    this.#outlet.control.askToMove();
    this.#outlet.talk();
    return true;
  }

  close(code: CloseCode, reason: string): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return;
    this.#playout.stop();
    this.#metrics.countClose(code);
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  /** That is sent. */
  get rendition(): number {
    return this.#playout.rendition;
  }

  get delays(): PathDelays | undefined {
    return this.#playout.delays;
  }

  get roundTrip(): Milliseconds | undefined {
    return this.#playout.roundTrip;
  }

  lag(now: Milliseconds): Milliseconds {
    return this.#playout.lag(now);
  }

  /** Called about once a second. */
  tick(now: Milliseconds): void {
    if (this.#expiresAt !== undefined && Date.now() >= this.#expiresAt) {
      this.close(CloseCode.unauthorized, 'the token has expired');
      return;
    }
    const verdict = this.#liveness.check(now);
    if (verdict.kind === 'gone') {
      // A viewer that has ended its half of the connection, and reads nothing, would not notice the end.
      if (this.#webSocket.readyState !== WebSocket.OPEN) this.terminate();
      this.close(CloseCode.heartbeatTimeout, 'the viewer does not seem to receive anything');
    } else if (verdict.kind === 'ask') {
      this.#outlet.control.askForLife(verdict.payload);
      this.#outlet.talk();
    }
    this.#playout.tick(now);
  }

  #onUnavailable(why: Unavailable): void {
    if (why === 'no-rendition') this.close(CloseCode.unknownStream, 'no such rendition');
    else this.close(CloseCode.logUnavailable, 'the stream cannot be read');
  }

  #onDone(wasFull: boolean): void {
    const now = Milliseconds.now();
    if (wasFull) this.#liveness.prove(now);
    this.#playout.onDone(now, wasFull);
  }

  /** Whether to handle the message; a viewer that sends too many is closed. */
  #admits(now: Milliseconds): boolean {
    if (this.#messages.admits(now)) return true;
    this.close(CloseCode.tooMany, 'too many messages');
    return false;
  }

  #onPing(payload: Buffer): void {
    if (!this.#admits(Milliseconds.now())) return;
    this.#outlet.control.answerPing(payload);
    this.#outlet.talk();
  }

  #onPong(payload: Buffer): void {
    const now = Milliseconds.now();
    if (!this.#admits(now)) return;
    this.#liveness.pong(payload, now);
    const position = parsePosition(payload.toString('latin1'));
    if (position) this.#acknowledge(position, now);
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    const now = Milliseconds.now();
    if (!this.#admits(now) || this.protocol === 'raw') return;
    if (isBinary || !Buffer.isBuffer(data)) {
      this.close(CloseCode.badMessage, 'messages must be JSON texts');
      return;
    }
    const message = parseClientMessage(data.toString());
    if (message.type === 'invalid') this.close(CloseCode.badMessage, message.problem.slice(0, 100));
    else this.#follow(message, now);
  }

  #follow(message: ClientMessage, now: Milliseconds): void {
    switch (message.type) {
      case 'ack':
        this.#acknowledge(parsePosition(message.position)!, now);
        break;
      case 'clock':
        this.#outlet.control.answerClock(message.client, this.#playout.delays);
        this.#outlet.talk();
        break;
      case 'seek':
        this.#playout.seek(message.to === 'live' ? 'live' : parsePosition(message.to)!, now);
        break;
      case 'rendition':
        this.#playout.changeRendition(message.to);
        break;
      case 'picture':
        this.#playout.wantPicture(message.wanted);
        break;
      case 'sync':
        this.#groups.tell(this, message.group, message.needs, now);
        break;
    }
  }

  #acknowledge(position: Position, now: Milliseconds): void {
    if (this.#playout.acknowledge(position, now)) this.#liveness.prove(now);
  }
}
