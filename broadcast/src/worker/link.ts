import { type Backoff, pauseAfter } from '@topicast/contracts/backoff';
import {
  encodeIngestMedia,
  INGEST_SUBPROTOCOL,
  type IngestMedia,
  mayComeAgain,
  parseIngestNews,
  publishMessage,
} from '@topicast/contracts/ingest-message';
import { type BitsPerSecond, Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { BroadcastState } from '../core/state.js';
import { Uplink } from '../core/uplink.js';

const BACKOFF: Backoff = { first: milliseconds(500), longest: milliseconds(8_000) };
const CONNECTS_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 500;
/** Nothing has been acknowledged for so long: the network is gone, which a socket would notice much later. */
const GONE_AFTER: Milliseconds = milliseconds(6_000);
/** The keyframe and the rest of some seconds. */
const MOST_BUFFERED_BYTES = 8 << 20;
/** RFC 6455 7.4.1; to the server, it is the owner's wish, and any other code an outage. */
const STOPPED = 1000;
/** What is on its way goes first. */
const FAREWELL_MS = 5_000;
const LOST = 'The connection to the server is lost.';
const AWAY = 'The server does not answer.';
const REFUSED =
  'The browser does not let this page connect to the server: a page with https needs an address with wss, which the operator sets (TOPICAST_PUBLIC_CAMERA_URL).';

interface LinkOptions {
  readonly address: string;
  readonly key: string;
  readonly onState: (state: BroadcastState) => void;
}

/** The connection to the server: it comes again by itself, unless somebody has decided that it should not. */
export class Link {
  readonly #options: LinkOptions;
  #socket: WebSocket | undefined;
  #uplink = new Uplink();
  #isOnAir = false;
  #isStopped = false;
  #failures = 0;
  /** What the server has said about the end that follows. */
  #words: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #watch = setInterval(() => this.#look(), LOOK_EVERY_MS);

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#connect();
  }

  get isOnAir(): boolean {
    return this.#isOnAir;
  }

  get queueDelay(): Milliseconds {
    return this.#uplink.queueDelay(Milliseconds.now());
  }

  get delay(): Milliseconds {
    return this.#uplink.delay(Milliseconds.now());
  }

  get rate(): BitsPerSecond {
    return this.#uplink.rate(Milliseconds.now());
  }

  /** @returns the bytes that were sent; zero while it is not on air */
  send(media: IngestMedia): number {
    if (!this.#isOnAir || !this.#socket) return 0;
    const message = encodeIngestMedia(media);
    this.#socket.send(message);
    this.#uplink.send(message.byteLength, Milliseconds.now());
    return message.byteLength;
  }

  /** Resolves when the server has heard it, or does not answer. A worker that ends before has said nothing. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#isOnAir = false;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    const socket = this.#socket;
    if (!socket) return;
    await new Promise<void>((resolve) => {
      socket.addEventListener('close', () => resolve(), { once: true });
      setTimeout(resolve, FAREWELL_MS);
      socket.close(STOPPED);
    });
  }

  #connect(): void {
    if (this.#isStopped) return;
    this.#words = undefined;
    this.#uplink = new Uplink();
    this.#options.onState({ at: 'connecting' });
    const socket = this.#open();
    if (!socket) return;
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#leave(socket, AWAY), CONNECTS_WITHIN_MS);
    socket.onopen = () => socket.send(publishMessage(this.#options.key));
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket && typeof data === 'string') this.#onNews(data);
    };
    socket.onclose = ({ code }) => this.#onClose(socket, code);
  }

  /** Undefined where the browser refuses the address at once, such as one without TLS for a page that came with it. */
  #open(): WebSocket | undefined {
    try {
      return new WebSocket(this.#options.address, INGEST_SUBPROTOCOL);
    } catch {
      clearInterval(this.#watch);
      this.#options.onState({ at: 'ended', words: REFUSED });
      return undefined;
    }
  }

  #onNews(text: string): void {
    const news = parseIngestNews(text);
    switch (news?.type) {
      case 'on air':
        clearTimeout(this.#timer);
        this.#isOnAir = true;
        this.#options.onState({ at: 'on air' });
        break;
      case 'ack':
        // It is not only connected, but works.
        this.#failures = 0;
        this.#uplink.acknowledge(news.bytes, Milliseconds.now());
        break;
      case 'end':
        this.#words = news.words;
        break;
      case undefined:
        break;
    }
  }

  #onClose(socket: WebSocket, code: number): void {
    if (socket !== this.#socket) return;
    const wasOnAir = this.#isOnAir;
    this.#socket = undefined;
    this.#isOnAir = false;
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const words = this.#words ?? (wasOnAir ? LOST : AWAY);
    if (!mayComeAgain(code)) {
      clearInterval(this.#watch);
      this.#options.onState({ at: 'ended', words });
      return;
    }
    this.#options.onState({ at: 'waiting', words });
    const pause = pauseAfter(BACKOFF, this.#failures++, Math.random());
    this.#timer = setTimeout(() => this.#connect(), pause);
  }

  /** Without waiting for a close handshake, which a dead network would never finish. */
  #leave(socket: WebSocket, words: string): void {
    if (socket !== this.#socket) return;
    this.#words ??= words;
    socket.close();
    this.#onClose(socket, 1006);
  }

  #look(): void {
    const socket = this.#socket;
    if (!socket || !this.#isOnAir) return;
    const isGone = this.#uplink.waitingFor(Milliseconds.now()) > GONE_AFTER;
    if (isGone || socket.bufferedAmount > MOST_BUFFERED_BYTES) this.#leave(socket, LOST);
  }
}
