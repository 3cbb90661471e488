import type { Socket } from 'node:net';
import type { RtmpDestination } from '../destination.js';
import { Gate } from './gate.js';
import { INTERNET, type Network } from './network.js';

/**
 * A connection to a judged destination, over TLS if its address says so. Behind a fence, every address of its name is
 * judged first, and only these are connected to.
 * @throws {SourceError} `refused`, or `unreachable` with the cause
 */
export function dial(
  { target, fenced }: Pick<RtmpDestination, 'target' | 'fenced'>,
  network: Network = INTERNET,
): Promise<Socket> {
  return new Gate(network, { to: 'destination', fenced }).connect(target);
}

/**
 * The address for a program that connects by itself: it must not resolve the name once more.
 * @throws {SourceError} `refused` or `unreachable`
 */
export async function addressOf(
  host: string,
  { fenced }: { readonly fenced: boolean },
  network: Network = INTERNET,
): Promise<string> {
  const [address = ''] = await new Gate(network, { to: 'destination', fenced }).addressesOf(host);
  return address;
}
