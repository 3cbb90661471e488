import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bundleScript } from '../child-script.js';
import { REPOSITORY } from '../root.js';
import type { BadNetwork } from './bad-network.js';

export interface StreamServer extends AsyncDisposable {
  /** Of the stream, for viewers at the other end. */
  readonly address: string;
}

/**
 * Runs one of the scripts beside this one at the server's end of the network. It says the port of its gateway when its
 * stream is live, and ends when it is disconnected.
 */
export async function startStreamServer(
  network: BadNetwork,
  script: string,
  stream: string,
  words: readonly string[] = [],
): Promise<StreamServer> {
  const bundled = await bundleScript(join(REPOSITORY, 'test/support/network', script));
  const [command, ...args] = network.server([process.execPath, bundled, stream, ...words]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const port = await portOf(child);
  return {
    address: `ws://${network.serverAddress}:${port}/live/${stream}`,
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
