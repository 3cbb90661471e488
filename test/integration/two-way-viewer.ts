import { WebSocket } from 'ws';
import type { PlayerWay } from '../../player/src/core/types.js';
import { Link } from '../../player/src/worker/link.js';
import { Ways } from '../../player/src/worker/ways.js';
import { type Arrival, hashOf, type Jump } from '../support/byte-exact-viewer.js';

/** As a browser's: what goes wrong is told by `close` alone. */
class BrowserSocket extends WebSocket {
  constructor(address: string, protocols: string[]) {
    super(address, protocols, { perMessageDeflate: false });
    this.on('error', () => undefined);
  }
}

/** What the player's worker finds around itself. */
export const WORKER_GLOBALS = { WebSocket: BrowserSocket, self: new EventTarget() };

/** The player's two connections, without its picture: records every chunk. Needs {@link WORKER_GLOBALS}. */
export class TwoWayViewer {
  readonly arrivals: Arrival[] = [];
  readonly jumps: Jump[] = [];
  /** Everything that its owner noticed of the connections. */
  readonly noticed: string[] = [];
  readonly #ways: Ways;

  constructor(addresses: readonly string[]) {
    this.#ways = new Ways(addresses, (urls, events, shared) => new Link(urls, undefined, events, shared), {
      onState: ({ status }) => this.noticed.push(status),
      onConnected: (resumed) => this.noticed.push(resumed ? 'resumed' : 'joined'),
      onChunk: ({ header: { session, sequence }, offset, data }) =>
        this.arrivals.push({ session, sequence, offset, hash: hashOf(data), at: Date.now() }),
      onMessage: (message) => {
        if (message.type === 'jump') this.jumps.push({ ...message, at: Date.now() });
      },
      onClock: () => undefined,
    });
    this.#ways.open();
  }

  /** For error messages. */
  get endings(): readonly string[] {
    return this.noticed;
  }

  get ways(): readonly PlayerWay[] {
    return this.#ways.ways;
  }

  close(): void {
    this.#ways.close();
  }
}
