import type { Socket } from 'node:net';
import { type ClientMessage, parseClientMessage } from '@topicast/contracts/client-message';
import { CloseCode } from '@topicast/contracts/close-codes';
import { parsePosition } from '@topicast/contracts/position';
import type { StreamState } from '@topicast/contracts/server-message';
import type { StreamId } from '@topicast/contracts/stream-id';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { type RawData, WebSocket } from 'ws';
import type { GatewayMetrics, Protocol } from '../metrics/metrics.js';
import { Cursor, type Destination, type Step } from '../stream/cursor.js';
import type { Subscriber, Unavailable } from '../stream/fan-out.js';
import type { Feed } from '../stream/feed.js';
import { ControlFrames, jumpFrame } from './control-frames.js';
import { RateLimit } from './rate-limit.js';

export interface ViewerOptions {
  readonly webSocket: WebSocket;
  /** The connection under it: whole frames are written to it, which is safe while the WebSocket is open, is not
   * compressed, and sends no fragmented messages. */
  readonly socket: Socket;
  readonly stream: StreamId;
  readonly protocol: Protocol;
  readonly feed: Feed;
  readonly destination: Destination;
  /** When the viewer's token ceases to be valid, wall clock. */
  readonly expiresAt: Milliseconds | undefined;
  readonly messagesPerSecond: number;
  readonly metrics: GatewayMetrics;
}

/** After this much silence a viewer is asked for a sign of life, and after the other it is given up. */
const ASK_FOR_LIFE_AFTER = milliseconds(10_000);
const GIVE_UP_AFTER = milliseconds(30_000);

const monotonic = (): Milliseconds => milliseconds(performance.now());

/**
 * One viewer: writes what its cursor says, one write in flight at most, and hears what the viewer says. It has no
 * timer of its own: the feed pumps it with each batch, and the gateway's tick calls `tick`.
 */
export class ViewerSession implements Subscriber {
  readonly stream: StreamId;
  readonly protocol: Protocol;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #feed: Feed;
  readonly #cursor: Cursor;
  readonly #metrics: GatewayMetrics;
  readonly #expiresAt: Milliseconds | undefined;
  readonly #control = new ControlFrames();
  readonly #messages: RateLimit;
  readonly #acceptedAt = monotonic();
  #heardAt = this.#acceptedAt;
  #askedAt = this.#acceptedAt;
  #hasChunks = false;
  #isWriting = false;

  constructor(options: ViewerOptions) {
    const { webSocket, feed, metrics } = options;
    this.stream = options.stream;
    this.protocol = options.protocol;
    this.#webSocket = webSocket;
    this.#socket = options.socket;
    this.#feed = feed;
    this.#metrics = metrics;
    this.#expiresAt = options.expiresAt;
    this.#cursor = new Cursor(feed.ring, options.destination);
    this.#messages = new RateLimit(options.messagesPerSecond, this.#acceptedAt);
    webSocket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    webSocket.on('pong', (payload) => this.#onPong(payload));
    webSocket.on('ping', (payload) => this.#onPing(payload));
    webSocket.on('close', () => feed.unsubscribe(this));
  }

  /** Begin: the state first, then chunks as they come. */
  start(state: StreamState): void {
    this.setState(state);
    this.#feed.subscribe(this);
    this.pump(monotonic());
  }

  setState(state: StreamState): void {
    if (this.protocol !== 'v1') return;
    this.#control.setState(state);
    this.pump(monotonic());
  }

  pump(now: Milliseconds): void {
    if (this.#isWriting || this.#webSocket.readyState !== WebSocket.OPEN) return;
    const frames: Buffer[] = [];
    this.#control.drainInto(frames);
    const step = this.#cursor.take(now);
    if (step) this.#addChunks(step, frames, now);
    if (frames.length > 0) this.#write(frames);
  }

  unavailable(why: Unavailable): void {
    if (why === 'no-rendition') this.close(CloseCode.unknownStream, 'no such rendition');
    else this.close(CloseCode.logUnavailable, 'the stream cannot be read');
  }

  close(code: CloseCode, reason: string): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return;
    this.#feed.unsubscribe(this);
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
      this.close(CloseCode.unauthorized, 'the token is not valid any more');
      return;
    }
    const silence = now - this.#heardAt;
    if (silence > GIVE_UP_AFTER) {
      this.close(CloseCode.heartbeatTimeout, 'no answer to pings');
    } else if (silence > ASK_FOR_LIFE_AFTER && now - this.#askedAt > ASK_FOR_LIFE_AFTER) {
      this.#askedAt = now;
      this.#control.askForLife();
      this.pump(now);
    }
  }

  #addChunks({ from, to, jump }: Step, frames: Buffer[], now: Milliseconds): void {
    const { protocol } = this;
    if (jump) {
      this.#metrics.jumps[jump.reason] += 1;
      this.#metrics.skipped[jump.reason] += jump.skipped;
      if (protocol === 'v1') frames.push(jumpFrame(jump));
    }
    if (!this.#hasChunks) {
      this.#hasChunks = true;
      this.#metrics.observeJoin(milliseconds(now - this.#acceptedAt));
    }
    let bytes = 0;
    for (let index = from; index < to; index += 1) {
      const chunk = this.#feed.ring.at(index);
      const frame = protocol === 'v1' ? chunk.frame : chunk.rawFrame;
      bytes += frame.byteLength;
      frames.push(frame);
    }
    this.#metrics.bytesSent[protocol] += bytes;
    this.#metrics.chunksSent[protocol] += to - from;
    this.#metrics.writes[protocol] += 1;
  }

  #write(frames: readonly Buffer[]): void {
    this.#isWriting = true;
    const last = frames.length - 1;
    if (last === 0) {
      this.#socket.write(frames[0]!, this.#onWritten);
      return;
    }
    // One system call for all of them.
    this.#socket.cork();
    for (let index = 0; index < last; index += 1) this.#socket.write(frames[index]!);
    this.#socket.write(frames[last]!, this.#onWritten);
    this.#socket.uncork();
  }

  readonly #onWritten = (error?: Error | null): void => {
    this.#isWriting = false;
    // Mostly there is nothing: a look is cheaper than a whole round for each write of each viewer.
    if (!error && (this.#cursor.mayHaveMore || this.#control.isWaiting)) this.pump(monotonic());
  };

  /** Whether what came may be looked at: a viewer that says too much is closed. */
  #hear(now: Milliseconds): boolean {
    this.#heardAt = now;
    if (this.#messages.admits(now)) return true;
    this.close(CloseCode.tooMany, 'too many messages');
    return false;
  }

  #onPing(payload: Buffer): void {
    const now = monotonic();
    if (!this.#hear(now)) return;
    this.#control.answerPing(payload);
    this.pump(now);
  }

  #onPong(payload: Buffer): void {
    const now = monotonic();
    if (!this.#hear(now) || payload.byteLength === 0) return;
    const position = parsePosition(payload.toString('latin1'));
    if (!position) return;
    if (this.#cursor.acknowledge(position)) this.pump(now);
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    const now = monotonic();
    if (!this.#hear(now) || this.protocol === 'raw') return;
    if (isBinary || !Buffer.isBuffer(data)) {
      this.close(CloseCode.badMessage, 'messages are JSON texts');
      return;
    }
    const message = parseClientMessage(data.toString());
    if (message.type === 'invalid') this.close(CloseCode.badMessage, message.problem.slice(0, 100));
    else this.#follow(message, now);
  }

  #follow(message: ClientMessage, now: Milliseconds): void {
    switch (message.type) {
      case 'ack':
        if (!this.#cursor.acknowledge(parsePosition(message.position)!)) return;
        break;
      case 'clock':
        this.#control.answerClock(message.client);
        break;
      case 'seek':
        this.#cursor.seek(message.to === 'live' ? 'live' : parsePosition(message.to)!);
        break;
    }
    this.pump(now);
  }
}
