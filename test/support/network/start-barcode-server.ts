import type { Sound } from '../barcode-encoder.js';
import type { BadNetwork } from './bad-network.js';
import { type StreamServer, startStreamServer } from './server-process.js';

export interface BarcodeServerOptions {
  /** Such as `720p+360p`; without it, the stream has one rendition of 3 Mbit/s. */
  readonly ladder?: string | undefined;
  /** Of the pictures, without a ladder. */
  readonly height?: number;
  /** Without a ladder; absent: AAC. */
  readonly audio?: Sound | undefined;
  /** An RTSP address at the server's end to which the stream goes as well, if it has no ladder. */
  readonly publishTo?: string | undefined;
}

/** Starts a gateway with a live stream of pictures that carry the time, at the server's end of the network. */
export const startBarcodeServer = (
  network: BadNetwork,
  options: BarcodeServerOptions = {},
): Promise<StreamServer> =>
  startStreamServer(network, 'barcode-server.ts', 'clock', [JSON.stringify(options)]);
