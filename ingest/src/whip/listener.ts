import type { Milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import type { Listener } from '../door/entrance.js';
import type { Doorkeeper } from '../doorkeeper.js';

export interface WhipListenerOptions {
  readonly host: string;
  /** For HTTP, and for UDP; 0 means any free ones. */
  readonly port: number;
  /** Where publishers reach our UDP port, if they do not where they reach us by HTTP. */
  readonly publicAddresses?: readonly string[];
  readonly doorkeeper: Doorkeeper;
  readonly logger: Logger;
  /** How long a publisher may be silent; a test has less. */
  readonly patience?: Milliseconds;
  /** As for the listener for RTMP. */
  readonly strangersPerAddress?: number;
}

/**
 * Listens for encoders that publish by WebRTC (WHIP, RFC 9725). The code for it is loaded only now, because that takes
 * most of a second, and 30 MB.
 * @throws the error of the system if it cannot listen
 */
export async function listenForWhip(options: WhipListenerOptions): Promise<Listener> {
  const { openWhipServer } = await import('./server.js');
  return openWhipServer(options);
}
