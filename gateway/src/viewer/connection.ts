import type { Socket } from 'node:net';
import { type ClientMessage, parseClientMessage } from '@topicast/contracts/client-message';
import { CloseCode } from '@topicast/contracts/close-codes';
import { parsePosition } from '@topicast/contracts/position';
import type { StreamState } from '@topicast/contracts/server-message';
import type { StreamId } from '@topicast/contracts/stream-id';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { type RawData, WebSocket } from 'ws';
import type { GatewayMetrics } from '../metrics/metrics.js';
import { Cursor, type Destination, type Step } from '../stream/cursor.js';
import type { Feed } from '../stream/feed.js';
import type { Protocol } from '../stream/protocol.js';
import type { Pace, Subscriber, Unavailable } from '../stream/subscriber.js';
import { ControlFrames, jumpFrame } from './control-frames.js';
import { RateLimit } from './rate-limit.js';
import { SocketWriter, type Writer } from './writer.js';

export interface ViewerOptions {
  readonly webSocket: WebSocket;
  /** The connection under it: whole frames are written to it, which is safe while the WebSocket is open, is not
   * compressed, and sends no fragmented messages. */
  readonly socket: Socket;
  readonly stream: StreamId;
  readonly protocol: Protocol;
  readonly pace: Pace;
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
export class ViewerConnection implements Subscriber {
  readonly stream: StreamId;
  readonly protocol: Protocol;
  readonly pace: Pace;
  readonly #webSocket: WebSocket;
  readonly #writer: Writer;
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
  /** The last round did not get to its end: there is more to be written than what is in flight. */
  #isCut = false;

  constructor(options: ViewerOptions) {
    const { webSocket, feed, metrics } = options;
    this.stream = options.stream;
    this.protocol = options.protocol;
    this.pace = options.pace;
    this.#webSocket = webSocket;
    this.#writer = new SocketWriter(options.socket, () => this.#onDone());
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
    this.#talk();
  }

  /** Write what waits: control messages, then chunks. */
  pump(now: Milliseconds): void {
    this.#talk();
    while (this.#canWrite) {
      const step = this.#cursor.take(now);
      if (!step) break;
      this.#writeChunks(step, now);
    }
    this.#isCut = this.#writer.isBusy && this.#cursor.mayHaveMore;
  }

  /** Tell the viewer to go elsewhere. Returns false for one that cannot be told. */
  move(): boolean {
    if (this.protocol !== 'v1') return false;
    this.#control.askToMove();
    this.#talk();
    return true;
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
      this.#talk();
    }
  }

  get #canWrite(): boolean {
    return !this.#writer.isBusy && this.#webSocket.readyState === WebSocket.OPEN;
  }

  /** Write the control messages that wait. */
  #talk(): void {
    if (!this.#control.isWaiting || !this.#canWrite) return;
    const frames: Buffer[] = [];
    this.#control.drainInto(frames);
    this.#writer.write(Buffer.concat(frames));
  }

  #writeChunks({ from, to, jump }: Step, now: Milliseconds): void {
    const { protocol } = this;
    if (!this.#hasChunks) {
      this.#hasChunks = true;
      this.#metrics.observeJoin(milliseconds(now - this.#acceptedAt));
    }
    const frames = this.#feed.batches.frames(protocol, from, to);
    this.#metrics.bytesSent[protocol] += frames.byteLength;
    this.#metrics.chunksSent[protocol] += to - from;
    this.#metrics.writes[protocol] += 1;
    if (jump) {
      this.#metrics.jumps[jump.reason] += 1;
      this.#metrics.skipped[jump.reason] += jump.skipped;
    }
    this.#writer.write(jump && protocol === 'v1' ? Buffer.concat([jumpFrame(jump), frames]) : frames);
  }

  #onDone(): void {
    // What has come meanwhile waits for the next round where viewers get some chunks at a time.
    const hasMore = this.pace === 'prompt' ? this.#cursor.mayHaveMore : this.#isCut;
    if (hasMore) this.pump(monotonic());
    else this.#talk();
  }

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
    this.#talk();
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
        if (this.#cursor.acknowledge(parsePosition(message.position)!)) this.pump(now);
        break;
      case 'clock':
        this.#control.answerClock(message.client);
        this.#talk();
        break;
      case 'seek':
        this.#cursor.seek(message.to === 'live' ? 'live' : parsePosition(message.to)!);
        this.pump(now);
        break;
    }
  }
}
