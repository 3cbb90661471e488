import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import type { Offer, ServerMessage } from '@topicast/contracts/server-message';
import { badAddress } from '../core/bad-address.js';
import type { Place } from '../core/order.js';
import { type Ending, endingOfClose } from '../core/problem.js';
import { NO_FAILURES, type ReconnectState, reconnect } from '../core/reconnect.js';
import { ClockExchange } from './clock-exchange.js';
import { type Connected, type Connection, type Leaving, remedyFor } from './connection.js';
import { Dialer } from './dialer.js';
import { Handover, type Successor } from './handover.js';
import type { LinkEvents, Wish } from './link-events.js';
import { Progress } from './progress.js';
import type { Socket, SocketEvents } from './socket.js';

const LOOK_MS = 500;

/** Stays connected to one stream, at one of its gateways. Only this class reconnects. */
export class Link {
  readonly #dialer: Dialer;
  readonly #events: LinkEvents;
  readonly #clock: ClockExchange;
  readonly #patience = Math.random();
  readonly #progress = new Progress();
  readonly #shared: Pick<Progress, 'last'> | undefined;
  #connection: Connection = { status: 'closed' };
  #retries: ReconnectState = NO_FAILURES;
  #watch: ReturnType<typeof setInterval> | undefined;
  /** What every gateway is told that understands it. */
  readonly #wishes = new Map<Offer, Wish>();
  /** So many of the next chunks came before. */
  #repeats = 0;

  /**
   * @param urls of the same stream, in the order in which they are tried
   * @param shared what this link and others together have brought; a new connection continues there
   */
  constructor(
    urls: readonly string[],
    token: string | undefined,
    events: LinkEvents,
    shared?: Pick<Progress, 'last'>,
  ) {
    this.#dialer = new Dialer(urls, token);
    this.#shared = shared;
    this.#events = events;
    this.#clock = new ClockExchange(
      (client) => this.#connected?.socket.send({ type: 'clock', client }),
      (estimate) => {
        this.#dialer.roundTrip = estimate.roundTrip;
        events.onClock(estimate);
      },
    );
  }

  /** The rendition that arrives, or will arrive when there is a connection. */
  get rendition(): number {
    return this.#connected?.rendition ?? this.#dialer.asks(this.#retries, undefined);
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
    this.#dialer.wanted = rendition;
    if (rendition !== undefined) this.#connected?.socket.send({ type: 'rendition', to: rendition });
  }

  /** To this gateway, if it understands that, and to every future one. The newest of each type counts. */
  say(wish: Wish): void {
    this.#dialer.asksForOffers = true;
    this.#wishes.set(wish.type, wish);
    if (this.#connected?.offers.includes(wish.type)) this.#connected.socket.send(wish);
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
    const after = this.#resumeAfter();
    try {
      this.#serveBy(this.#dialer.open(this.#retries, after, this.#socketEvents), after, false);
    } catch {
      const bad = badAddress(this.#dialer.address(this.#retries));
      this.#ended(this.#dialer.gateways > 1 ? { ...bad, retry: 'soon' } : bad);
    }
  }

  #resumeAfter(): Place | undefined {
    if (this.#shared?.last) this.#progress.reach(this.#shared.last);
    return this.#progress.place;
  }

  /** @param overlaps it may repeat what another connection has delivered */
  #serveBy(socket: Socket, after: Place | undefined, overlaps: boolean): void {
    this.#connection = {
      status: 'connected',
      socket,
      resumes: after !== undefined,
      overlaps,
      rendition: this.#dialer.asks(this.#retries, after),
      stream: undefined,
      offers: [],
      leaving: undefined,
    };
    // Each connection begins with the picture.
    this.#receiveMessage({ type: 'picture', sent: true, repeats: 0 });
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
    const { wanted } = this.#dialer;
    if (wanted !== undefined && wanted !== this.rendition) this.setRendition(wanted);
  }

  #receiveChunk(chunk: ChunkMessage): void {
    const connected = this.#connected;
    if (!connected) return;
    if (this.#repeats > 0) {
      this.#repeats -= 1;
      this.#events.onChunk(chunk, true);
      return;
    }
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
        this.#clock.answer(message.client, message.gateway, message.delays);
        return;
      case 'move':
        this.#leave('told');
        return;
      case 'rendition':
        this.#know({ rendition: message.rendition });
        return;
      case 'offers':
        this.#know({ offers: message.messages });
        for (const wish of this.#wishes.values()) this.say(wish);
        return;
      case 'picture':
        this.#repeats = message.repeats;
        break;
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
    if (!connected || connected.leaving) return;
    const remedy = remedyFor(connected, this.#progress.silence, this.#dialer.gateways, this.#patience);
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
        gateways: this.#dialer.gateways,
        from: this.#retries,
        isCut: because === 'starved',
        open: (retries, after, events) => this.#dialer.open(retries, after, events),
        resumeAfter: () => this.#resumeAfter(),
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
    if (heard.offers) this.#receiveMessage({ type: 'offers', messages: heard.offers });
    if (heard.catalog) this.#receiveMessage({ type: 'catalog', catalog: heard.catalog });
  }

  #ended({ problem, retry }: Ending): void {
    const { worked = false, hung = false } = this.#connected?.socket ?? {};
    const successor = this.#connected?.leaving?.handover.take();
    this.#disconnect();
    if (successor) {
      this.#adopt(successor);
      if (successor.socket.openedAt !== undefined) this.#events.onConnected(successor.after !== undefined);
      else this.#events.onState({ status: 'retrying', problem, retry: 'soon' });
      return;
    }
    const decision = reconnect(this.#retries, { retry, worked, hung }, this.#dialer.gateways, Math.random());
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
