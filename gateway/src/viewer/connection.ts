import { type ClientMessage, parseClientMessage } from '@topicast/contracts/client-message';
import { CloseCode } from '@topicast/contracts/close-codes';
import { type Position, parsePosition } from '@topicast/contracts/position';
import type { StreamState } from '@topicast/contracts/server-message';
import type { StreamId } from '@topicast/contracts/stream-id';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { type RawData, WebSocket } from 'ws';
import type { GatewayMetrics } from '../metrics/metrics.js';
import type { ChunkSource } from '../stream/chunk-source.js';
import { Cursor, type Destination } from '../stream/cursor.js';
import type { Protocol } from '../stream/protocol.js';
import type { Pace, Subscriber, Unavailable } from '../stream/subscriber.js';
import { Liveness } from './liveness.js';
import { Outlet, type OutletOptions } from './outlet.js';
import { RateLimit } from './rate-limit.js';
import { type OpenRendition, RenditionWish } from './rendition-wish.js';

export interface ViewerOptions extends Omit<OutletOptions, 'acceptedAt' | 'onDone'> {
  readonly stream: StreamId;
  readonly pace: Pace;
  readonly source: ChunkSource;
  readonly openRendition: OpenRendition;
  readonly destination: Destination;
  /** When the viewer's token ceases to be valid, wall clock. */
  readonly expiresAt: Milliseconds | undefined;
  readonly messagesPerSecond: number;
}

/** What a viewer is told before its first chunk. */
export interface Greeting {
  readonly state: StreamState;
  /** The frame of the stream's catalog, if it has one. */
  readonly catalog: Buffer | undefined;
  /** Whether to tell the viewer its rendition, because it is not the one that it asked for. */
  readonly isOtherRendition: boolean;
}

const monotonic = (): Milliseconds => milliseconds(performance.now());

/**
 * One viewer. It writes what its cursor says, with at most one write in flight, and handles what the viewer says. It
 * has no timer of its own: the source pumps it with each batch, and the gateway's timer calls `tick`.
 */
export class ViewerConnection implements Subscriber {
  readonly stream: StreamId;
  readonly protocol: Protocol;
  readonly pace: Pace;
  readonly #webSocket: WebSocket;
  readonly #outlet: Outlet;
  #source: ChunkSource;
  readonly #cursor: Cursor;
  readonly #wish: RenditionWish;
  readonly #metrics: GatewayMetrics;
  readonly #expiresAt: Milliseconds | undefined;
  readonly #messages: RateLimit;
  readonly #acceptedAt = monotonic();
  readonly #liveness = new Liveness(this.#acceptedAt);
  /** The viewer was told to go elsewhere, and will resume there with a position of this rendition. */
  #isMoving = false;
  /** The last round was not finished: there is more to write than what is in flight. */
  #isCut = false;

  constructor(options: ViewerOptions) {
    const { webSocket, source, metrics } = options;
    this.stream = options.stream;
    this.protocol = options.protocol;
    this.pace = options.pace;
    this.#webSocket = webSocket;
    this.#source = source;
    this.#metrics = metrics;
    this.#expiresAt = options.expiresAt;
    this.#cursor = new Cursor(source.window, options.destination);
    this.#outlet = new Outlet({
      ...options,
      acceptedAt: this.#acceptedAt,
      onDone: (wasFull) => this.#onDone(wasFull),
    });
    this.#messages = new RateLimit(options.messagesPerSecond, this.#acceptedAt);
    this.#wish = new RenditionWish(options.openRendition, {
      pace: options.pace,
      pump: (now) => this.pump(now),
      unavailable: () => this.#keepRendition(),
    });
    webSocket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    webSocket.on('pong', (payload) => this.#onPong(payload));
    webSocket.on('ping', (payload) => this.#onPing(payload));
    webSocket.on('close', () => this.#leave());
  }

  /** Begin with the state and the catalog, then send chunks as they arrive. */
  start({ state, catalog, isOtherRendition }: Greeting): void {
    if (isOtherRendition) this.#outlet.tellRendition();
    if (catalog) this.setCatalog(catalog);
    this.setState(state);
    this.#source.subscribe(this);
    this.pump(monotonic());
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

  /** Write what waits: control messages, then chunks. */
  pump(now: Milliseconds): void {
    this.#outlet.talk();
    while (this.#outlet.canWrite) {
      const step = this.#cursor.take(now);
      if (!step) break;
      if (step.isOther) this.#comeOver();
      this.#outlet.writeChunks(this.#source, step, now);
    }
    this.#isCut = this.#outlet.isBusy && this.#cursor.mayHaveMore;
  }

  /** Tell the viewer to go elsewhere. Returns false if its protocol has no such message. */
  move(): boolean {
    if (this.protocol !== 'v1') return false;
    this.#isMoving = true;
    if (this.#wish.rendition !== undefined) this.#keepRendition();
    this.#outlet.control.askToMove();
    this.#outlet.talk();
    return true;
  }

  unavailable(why: Unavailable): void {
    if (why === 'no-rendition') this.close(CloseCode.unknownStream, 'no such rendition');
    else this.close(CloseCode.logUnavailable, 'the stream cannot be read');
  }

  close(code: CloseCode, reason: string): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return;
    this.#leave();
    this.#metrics.countClose(code);
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  lag(now: Milliseconds): Milliseconds {
    return this.#cursor.lag(now);
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
    // If both renditions stand still, only time tells that the wait is over.
    if (this.#wish.rendition !== undefined) this.pump(now);
  }

  #leave(): void {
    this.#source.unsubscribe(this);
    this.#wish.drop();
  }

  /** The cursor has changed to the rendition that was wanted, so the old one is no longer needed. */
  #comeOver(): void {
    const source = this.#wish.take();
    if (!source) return;
    this.#source.unsubscribe(this);
    source.subscribe(this);
    this.#source = source;
    this.#outlet.tellRendition();
  }

  #onDone(wasFull: boolean): void {
    const now = monotonic();
    if (wasFull) this.#liveness.prove(now);
    // If viewers get several chunks at a time, what has arrived in the meantime waits for the next round.
    const hasMore = this.pace === 'prompt' ? this.#cursor.mayHaveMore : this.#isCut;
    if (hasMore) this.pump(now);
    else this.#outlet.talk();
  }

  /** Whether to handle the message; a viewer that sends too many is closed. */
  #admits(now: Milliseconds): boolean {
    if (this.#messages.admits(now)) return true;
    this.close(CloseCode.tooMany, 'too many messages');
    return false;
  }

  #onPing(payload: Buffer): void {
    if (!this.#admits(monotonic())) return;
    this.#outlet.control.answerPing(payload);
    this.#outlet.talk();
  }

  #onPong(payload: Buffer): void {
    const now = monotonic();
    if (!this.#admits(now)) return;
    this.#liveness.pong(payload, now);
    const position = parsePosition(payload.toString('latin1'));
    if (position) this.#acknowledge(position, now);
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    const now = monotonic();
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
        this.#outlet.control.answerClock(message.client);
        this.#outlet.talk();
        break;
      case 'seek':
        this.#seek(message.to === 'live' ? 'live' : parsePosition(message.to)!, now);
        break;
      case 'rendition':
        this.#changeRendition(message.to);
        break;
    }
  }

  #acknowledge(position: Position, now: Milliseconds): void {
    const meaning = this.#cursor.acknowledge(position);
    if (meaning === 'nothing') return;
    this.#liveness.prove(now);
    if (meaning === 'release') this.pump(now);
  }

  #seek(destination: Destination, now: Milliseconds): void {
    if (destination !== 'live' && destination.rendition !== this.#source.rendition) {
      this.#seekElsewhere(destination);
      return;
    }
    this.#cursor.seek(destination);
    this.pump(now);
  }

  #seekElsewhere(position: Position): void {
    this.#cursor.stay();
    void this.#wish.ask(position.rendition, (source) => {
      this.#cursor.seek(source ? position : 'live', source?.window);
      this.#comeOver();
      this.pump(monotonic());
    });
  }

  #changeRendition(to: number): void {
    if (to === this.#wish.rendition) return;
    if (to === this.#source.rendition || this.#isMoving) {
      this.#keepRendition();
      return;
    }
    this.#cursor.stay();
    void this.#wish.ask(to, (source) => {
      if (!source) {
        this.#keepRendition();
        return;
      }
      const now = monotonic();
      this.#cursor.want(source.window, now);
      this.pump(now);
    });
  }

  /** Nothing changes, and the viewer is told so. */
  #keepRendition(): void {
    this.#wish.drop();
    this.#cursor.stay();
    this.#outlet.control.answerRendition(this.#source.rendition);
    this.#outlet.talk();
  }
}
