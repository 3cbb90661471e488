import { createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { Gate, Target } from './gate.js';
import { listenLocally } from './local-server.js';

/** A port of this machine that leads to one place. The place is judged for each connection. */
export async function startRelay(gate: Gate, target: Target): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer((near) => {
    near.setNoDelay(true);
    near.on('error', () => undefined);
    gate.connect(target).then(
      (far) => join(near, far),
      () => near.destroy(),
    );
  });
  return listenLocally(server);
}

function join(near: Socket, far: Socket): void {
  if (near.destroyed) {
    far.destroy();
    return;
  }
  pipeline(near, far, near, () => {
    near.destroy();
    far.destroy();
  });
}
