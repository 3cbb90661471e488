import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { milliseconds } from '@topicast/contracts/units';

interface ConnectionLimits {
  readonly viewers: number;
  readonly viewersPerAddress: number;
}

/** Connections that do not (yet) belong to viewers: API clients, refused clients, clients that are leaving. */
const SPARE = 500;
const SPARE_PER_ADDRESS = 100;
/** From the first byte, or from the connection if no byte arrives. */
const HEADERS_WITHIN = milliseconds(10_000);
const REQUEST_WITHIN = milliseconds(30_000);
const LOOK_EVERY = milliseconds(1_000);
/** We give up a client that takes nothing of an answer for this long. */
const IDLE_WITHIN = milliseconds(120_000);
/** Longer than proxies keep their connections, so that no proxy uses one that we have just closed. */
const KEEP_ALIVE = milliseconds(72_000);

/**
 * An HTTP server that limits what a connection costs before we know anything about it: how many there are, in total and
 * from one address, and how long each may take for a request.
 */
export function boundedServer(
  handler: RequestListener,
  limits: ConnectionLimits,
  onRefused: () => void,
): Server {
  const server = createServer(
    {
      headersTimeout: HEADERS_WITHIN,
      requestTimeout: REQUEST_WITHIN,
      connectionsCheckingInterval: LOOK_EVERY,
      keepAliveTimeout: KEEP_ALIVE,
    },
    handler,
  );
  server.setTimeout(IDLE_WITHIN);
  server.maxConnections = limits.viewers + SPARE;
  server.on('drop', onRefused);
  const connections = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (connections.get(address) ?? 0) + 1;
    if (count > limits.viewersPerAddress + SPARE_PER_ADDRESS) {
      onRefused();
      socket.destroy();
      return;
    }
    connections.set(address, count);
    socket.once('close', () => {
      const left = (connections.get(address) ?? 1) - 1;
      if (left > 0) connections.set(address, left);
      else connections.delete(address);
    });
  });
  return server;
}
