import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bundleScript } from '../child-script.js';
import { REPOSITORY } from '../root.js';
import type { BadNetwork } from './bad-network.js';

export interface BarcodeServer extends AsyncDisposable {
  /** The address of the stream, for viewers at the other end. */
  readonly address: string;
}

const STREAM = 'clock';

/**
 * Starts a gateway with a live stream of pictures that carry the time, at the server's end of the network.
 * @param ladder such as `720p+360p`; without it, the stream has one rendition of 3 Mbit/s
 */
export async function startBarcodeServer(network: BadNetwork, ladder?: string): Promise<BarcodeServer> {
  const script = await bundleScript(join(REPOSITORY, 'test/support/network/barcode-server.ts'));
  const [command, ...args] = network.server([process.execPath, script, STREAM, ...(ladder ? [ladder] : [])]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const port = await portOf(child);
  return {
    address: `ws://${network.serverAddress}:${port}/live/${STREAM}`,
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

async function portOf(child: ChildProcess): Promise<number> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(
      `the server at the other end of the network ended with ${code} before its stream was live`,
    );
  });
  const [port] = await Promise.race([once(child, 'message'), ended]);
  return port as number;
}
