import { once, setMaxListeners } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import { Attempts, networkOf } from '../attempts.js';
import type { Doorkeeper, Refusal } from '../doorkeeper.js';
import { PublisherConnection } from './publisher-connection.js';

/** Publishers are few, and each one is a stream. */
const MAX_CONNECTIONS = 500;
/** Connections of one address that have not shown a key that is valid. */
const MAX_AT_THE_DOOR = 20;

interface RtmpListenerOptions {
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
  readonly doorkeeper: Doorkeeper;
  readonly logger: Logger;
  /** How long a publisher may be silent; a test has less. */
  readonly patience?: Milliseconds;
}

/** Counted since the start. */
export interface RtmpStats {
  connections: number;
  admitted: number;
  /** For a wrong key, or because the stream could not take it. */
  refused: Record<Refusal, number>;
  /** Before a byte was read: too many connections, or too many wrong keys. */
  turnedAway: number;
  /** By us, while they were sending. */
  cut: number;
}

export interface RtmpListener {
  readonly port: number;
  readonly stats: Readonly<RtmpStats>;
  /** Take no more publishers, and end those that are here. Resolves when their seats are free. */
  close(): Promise<void>;
}

/** Listens for encoders that publish by RTMP. @throws the error of the system if it cannot listen */
export async function listenForRtmp(options: RtmpListenerOptions): Promise<RtmpListener> {
  const { host, port, doorkeeper, logger, patience } = options;
  const closing = new AbortController();
  // Each connection listens.
  setMaxListeners(0, closing.signal);
  const attempts = new Attempts();
  const atTheDoor = new Map<string, number>();
  const running = new Set<Promise<void>>();
  const stats: RtmpStats = {
    ...{ connections: 0, admitted: 0, turnedAway: 0, cut: 0 },
    refused: { unauthorized: 0, busy: 0, stopped: 0, unavailable: 0 },
  };

  const mayEnter = (address: string): boolean =>
    !attempts.isBlocked(address, Milliseconds.now()) &&
    (atTheDoor.get(networkOf(address)) ?? 0) < MAX_AT_THE_DOOR;
  const stand = (address: string, by: number): void => {
    const network = networkOf(address);
    const count = (atTheDoor.get(network) ?? 0) + by;
    if (count > 0) atTheDoor.set(network, count);
    else atTheDoor.delete(network);
  };

  const serve = async (socket: Socket, address: string): Promise<void> => {
    stats.connections++;
    stand(address, 1);
    let isAtTheDoor = true;
    const enter = (): void => {
      if (isAtTheDoor) stand(address, -1);
      isAtTheDoor = false;
    };
    const connection = new PublisherConnection(socket, {
      ...{ doorkeeper, signal: closing.signal, ...(patience !== undefined && { patience }) },
      onRefused(why) {
        stats.refused[why]++;
        if (why === 'unauthorized') attempts.fail(address, Milliseconds.now());
        logger.info({ address, why }, 'an encoder was refused');
      },
      onAdmitted() {
        stats.admitted++;
        enter();
      },
    });
    try {
      const end = await connection.run();
      if (end.why === 'cut') stats.cut++;
    } finally {
      enter();
    }
  };

  const server = createServer({ noDelay: true }, (socket) => {
    const address = socket.remoteAddress ?? '';
    if (closing.signal.aborted || !mayEnter(address)) {
      stats.turnedAway++;
      socket.on('error', () => undefined).destroy();
      return;
    }
    const served = serve(socket, address).catch((error: unknown) =>
      logger.error({ err: error }, 'a connection of an encoder failed'),
    );
    running.add(served);
    void served.finally(() => running.delete(served));
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('drop', () => {
    stats.turnedAway++;
  });
  await once(server.listen({ host, port }), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stats,
    async close() {
      server.close();
      closing.abort();
      await Promise.all(running);
    },
  };
}
