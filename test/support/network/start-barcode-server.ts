import type { BadNetwork } from './bad-network.js';
import { type StreamServer, startStreamServer } from './server-process.js';

/**
 * Starts a gateway with a live stream of pictures that carry the time, at the server's end of the network.
 * @param ladder such as `720p+360p`; without it, the stream has one rendition of 3 Mbit/s
 */
export const startBarcodeServer = (network: BadNetwork, ladder?: string): Promise<StreamServer> =>
  startStreamServer(network, 'barcode-server.ts', 'clock', ladder ? [ladder] : []);
