import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import type { ServerMessage, StreamState } from '@topicast/contracts/server-message';
import { Milliseconds } from '@topicast/contracts/units';
import { badAddress } from '../core/bad-address.js';
import type { ClockEstimate } from '../core/clock.js';
import type { Place } from '../core/order.js';
import type { LinkState } from '../core/player-state.js';
import { type Ending, endingOfClose } from '../core/problem.js';
import { judgeSilence, NO_FAILURES, openTimeout, type ReconnectState, reconnect } from '../core/reconnect.js';
import { connectionAddress, renditionOf } from './address.js';
import { ClockExchange } from './clock-exchange.js';
import { Handover, type Successor } from './handover.js';
import { Progress } from './progress.js';
import { Socket, type SocketEvents } from './socket.js';

/**
 * A connection that ends sooner than this counts as failed, so that we do not ask a gateway again at once that fails at
 * once.
 */
const WORKED_AFTER_MS = 2_000;
const LOOK_MS = 500;

export type StreamMessage = Exclude<ServerMessage, { type: 'clock' | 'move' | 'rendition' }>;

interface LinkEvents {
  onState(state: LinkState): void;
  /** A connection is open; `resumed`: its chunks continue the previous ones. */
  onConnected(resumed: boolean): void;
  onChunk(chunk: ChunkMessage): void;
  onMessage(message: StreamMessage): void;
  onClock(estimate: ClockEstimate): void;
}

/** A connection, open or being made. */
interface Connected {
  readonly status: 'connected';
  readonly socket: Socket;
  readonly resumes: boolean;
  /** It may repeat what another one has delivered. */
  readonly overlaps: boolean;
  /** Its last report about the stream. */
  readonly stream: StreamState | undefined;
  /** The rendition that it gives, as far as is known. */
  readonly rendition: number;
  /** The way to another gateway, while this connection continues to serve. */
  readonly leaving: Leaving | undefined;
}

interface Leaving {
  readonly handover: Handover;
  /** `told`: this gateway is going down. `starved`: it gives nothing; we keep it if it gives something again. */
  readonly because: 'told' | 'starved';
}

type Connection =
  | { readonly status: 'closed' }
  /** Waits for the time of the next attempt. */
  | { readonly status: 'waiting'; readonly timer: ReturnType<typeof setTimeout> }
  | Connected;

/** Stays connected to one stream, at one of its gateways. Only this class reconnects. */
export class Link {
  readonly #urls: readonly string[];
  readonly #token: string | undefined;
  readonly #events: LinkEvents;
  readonly #clock: ClockExchange;
  readonly #patience = Math.random();
  readonly #progress = new Progress();
  #connection: Connection = { status: 'closed' };
  #retries: ReconnectState = NO_FAILURES;
  /** Undefined: the gateway's choice. */
  #wanted: number | undefined;
  /** Of the newest connection that told. */
  #roundTrip: Milliseconds | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;

  /** @param urls of the same stream, in the order in which they are tried */
  constructor(urls: readonly string[], token: string | undefined, events: LinkEvents) {
    this.#urls = urls;
    this.#token = token;
    this.#events = events;
    this.#clock = new ClockExchange(
      (client) => this.#connected?.socket.send({ type: 'clock', client }),
      (estimate) => {
        this.#roundTrip = estimate.roundTrip;
        events.onClock(estimate);
      },
    );
  }

  /** The rendition that arrives, or will arrive when there is a connection. */
  get rendition(): number {
    return this.#connected?.rendition ?? this.#asked(undefined);
  }

  /** Connect, at the newest keyframe. */
  open(): void {
    this.close();
    this.#progress.forget();
    this.#retries = NO_FAILURES;
    this.#events.onState({ status: 'connecting' });
    self.addEventListener('online', this.#onOnline);
    this.#watch = setInterval(() => this.#lookAround(), LOOK_MS);
    this.#connect();
  }

  /**
   * Continue at the newest keyframe, on the present connection; one that is being opened starts over, to join there
   * too.
   */
  seekLive(): void {
    const leaving = this.#connected?.leaving;
    this.#stay();
    this.#progress.forget();
    this.#connected?.socket.send({ type: 'seek', to: 'live' });
    if (leaving) this.#leave(leaving.because);
  }

  /** Take this rendition from its next keyframe on, and on every future connection; undefined: the gateway's choice. */
  setRendition(rendition: number | undefined): void {
    this.#wanted = rendition;
    if (rendition !== undefined) this.#connected?.socket.send({ type: 'rendition', to: rendition });
  }

  close(): void {
    self.removeEventListener('online', this.#onOnline);
    clearInterval(this.#watch);
    this.#stay();
    this.#disconnect();
  }

  get #connected(): Connected | undefined {
    return this.#connection.status === 'connected' ? this.#connection : undefined;
  }

  #know(change: Partial<Connected>): void {
    if (this.#connection.status === 'connected') this.#connection = { ...this.#connection, ...change };
  }

  #disconnect(): void {
    this.#clock.stop();
    if (this.#connection.status === 'waiting') clearTimeout(this.#connection.timer);
    this.#connected?.socket.close();
    this.#connection = { status: 'closed' };
  }

  #connect(): void {
    const after = this.#progress.place;
    const { gateway } = this.#retries;
    try {
      this.#serveBy(this.#openSocket(this.#retries, after, this.#socketEvents), after, false);
    } catch {
      const bad = badAddress(this.#urls[gateway]!);
      this.#ended(this.#urls.length > 1 ? { ...bad, retry: 'soon' } : bad);
    }
  }

  /** @param overlaps it may repeat what another connection has delivered */
  #serveBy(socket: Socket, after: Place | undefined, overlaps: boolean): void {
    const rendition = this.#asked(after);
    const resumes = after !== undefined;
    const status = 'connected';
    this.#connection = {
      status,
      socket,
      resumes,
      overlaps,
      rendition,
      stream: undefined,
      leaving: undefined,
    };
  }

  #openSocket(retries: ReconnectState, after: Place | undefined, events: SocketEvents): Socket {
    const address = connectionAddress(this.#urls[retries.gateway]!, after?.position, this.#wanted);
    const timeout = openTimeout(retries, this.#urls.length, this.#roundTrip);
    return new Socket(address, this.#token, timeout, events);
  }

  /** What to ask from a connection that continues after this place. */
  #asked(after: Place | undefined): number {
    return after?.position.rendition ?? this.#wanted ?? renditionOf(this.#urls[this.#retries.gateway]!);
  }

  readonly #socketEvents: SocketEvents = {
    onOpen: () => {
      this.#begin();
      this.#events.onState({ status: 'open' });
      this.#events.onConnected(this.#connected?.resumes === true);
    },
    onChunk: (chunk) => this.#receiveChunk(chunk),
    onMessage: (message) => this.#receiveMessage(message),
    onClosed: (code) => this.#ended(endingOfClose(code, this.#connected?.socket.openedAt !== undefined)),
  };

  /** The first messages on an open connection. */
  #begin(): void {
    this.#clock.start();
    const wanted = this.#wanted;
    if (wanted !== undefined && wanted !== this.rendition) this.setRendition(wanted);
  }

  #receiveChunk(chunk: ChunkMessage): void {
    const connected = this.#connected;
    if (!connected) return;
    if (connected.overlaps) {
      if (!this.#progress.isContinuedBy(chunk)) return;
      this.#know({ overlaps: false });
    }
    const { rendition } = chunk;
    if (rendition !== connected.rendition) this.#know({ rendition });
    const switched = this.#progress.take(chunk);
    if (connected.leaving?.because === 'starved') this.#stay();
    else if (switched) connected.leaving?.handover.restart();
    this.#events.onChunk(chunk);
  }

  #receiveMessage(message: ServerMessage): void {
    switch (message.type) {
      case 'clock':
        this.#clock.answer(message.client, message.gateway);
        return;
      case 'move':
        this.#leave('told');
        return;
      case 'rendition':
        this.#know({ rendition: message.rendition });
        return;
      case 'jump':
        this.#know({ overlaps: false });
        break;
      case 'state':
        this.#know({ stream: message.state });
        break;
      default:
    }
    this.#events.onMessage(message);
  }

  #lookAround(): void {
    const connected = this.#connected;
    const { silence } = this.#progress;
    if (!connected || connected.leaving || connected.stream !== 'live' || silence === undefined) return;
    const { openedAt, heardAt } = connected.socket;
    if (openedAt === undefined) return;
    const message = Milliseconds.sub(Milliseconds.now(), heardAt);
    const remedy = judgeSilence({ chunk: silence, message }, this.#urls.length, this.#patience);
    if (remedy === 'ask') this.#clock.askNow();
    if (remedy === 'leave') this.#leave('starved');
  }

  /** Go to another gateway; this connection serves until the other one does. */
  #leave(because: Leaving['because']): void {
    const connected = this.#connected;
    if (!connected) return;
    const handover =
      connected.leaving?.handover ??
      new Handover({
        gateways: this.#urls.length,
        from: this.#retries,
        open: (retries, after, events) => this.#openSocket(retries, after, events),
        place: () => this.#progress.place,
        onReady: (successor) => this.#changeOver(successor),
      });
    this.#know({ leaving: { handover, because } });
  }

  #stay(): void {
    this.#connected?.leaving?.handover.close();
    this.#know({ leaving: undefined });
  }

  #changeOver(successor: Successor): void {
    this.#disconnect();
    this.#adopt(successor);
    if (!successor.after) this.#events.onConnected(false);
    if (successor.chunk) this.#receiveChunk(successor.chunk);
  }

  #adopt({ socket, gateway, after, heard }: Successor): void {
    socket.events = this.#socketEvents;
    this.#retries = { failures: 0, gateway };
    this.#serveBy(socket, after, after !== undefined);
    if (socket.openedAt !== undefined) this.#begin();
    if (heard.state) this.#receiveMessage({ type: 'state', state: heard.state });
    if (heard.catalog) this.#receiveMessage({ type: 'catalog', catalog: heard.catalog });
  }

  #ended({ problem, retry }: Ending): void {
    const { openedAt, hung = false } = this.#connected?.socket ?? {};
    const successor = this.#connected?.leaving?.handover.take();
    this.#disconnect();
    if (successor) {
      this.#adopt(successor);
      if (successor.socket.openedAt !== undefined) this.#events.onConnected(successor.after !== undefined);
      else this.#events.onState({ status: 'retrying', problem, retry: 'soon' });
      return;
    }
    const worked = openedAt !== undefined && Milliseconds.sub(Milliseconds.now(), openedAt) > WORKED_AFTER_MS;
    const decision = reconnect(this.#retries, { retry, worked, hung }, this.#urls.length, Math.random());
    if (decision.retry === 'never') {
      this.close();
      this.#events.onState({ status: 'failed', problem });
      return;
    }
    this.#retries = decision.state;
    this.#connection = { status: 'waiting', timer: setTimeout(() => this.#connect(), decision.delay) };
    this.#events.onState({ status: 'retrying', problem, retry: decision.retry });
  }

  /** What was begun before may belong to a network that is gone. Whichever connection delivers first is kept. */
  readonly #onOnline = (): void => {
    const connected = this.#connected;
    if (connected?.socket.openedAt === undefined) {
      if (this.#connection.status === 'closed') return;
      this.#stay();
      this.#disconnect();
      this.#connect();
    } else if (connected.leaving) connected.leaving.handover.hurry();
    else this.#leave('starved');
  };
}
