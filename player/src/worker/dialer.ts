import type { Milliseconds } from '@topicast/contracts/units';
import type { Place } from '../core/order.js';
import { openTimeout, type ReconnectState } from '../core/reconnect.js';
import { connectionAddress, renditionOf } from './address.js';
import { Socket, type SocketEvents } from './socket.js';

/** Opens connections to the gateways of a stream. */
export class Dialer {
  readonly #urls: readonly string[];
  readonly #token: string | undefined;
  /** Ask which later messages a gateway understands. */
  asksForOffers = false;
  /** The rendition to ask for; undefined: the gateway's choice. */
  wanted: number | undefined;
  /** Of the newest connection that told. */
  roundTrip: Milliseconds | undefined;

  /** @param urls of the same stream, one per gateway */
  constructor(urls: readonly string[], token: string | undefined) {
    this.#urls = urls;
    this.#token = token;
  }

  get gateways(): number {
    return this.#urls.length;
  }

  address({ gateway }: ReconnectState): string {
    return this.#urls[gateway]!;
  }

  /** @throws {SyntaxError} if the address is none */
  open(retries: ReconnectState, after: Place | undefined, events: SocketEvents): Socket {
    const url = this.address(retries);
    const address = connectionAddress(url, after?.position, this.wanted, this.asksForOffers);
    const timeout = openTimeout(retries, this.gateways, this.roundTrip);
    return new Socket(address, this.#token, timeout, events);
  }

  /** The rendition that a connection begins with that continues after this place. */
  asks(retries: ReconnectState, after: Place | undefined): number {
    return after?.position.rendition ?? this.wanted ?? renditionOf(this.address(retries));
  }
}
