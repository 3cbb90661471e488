import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import { Entrance, type Listener } from '../door/entrance.js';
import type { Doorkeeper } from '../doorkeeper.js';
import { PublisherConnection } from './publisher-connection.js';

interface RtmpListenerOptions {
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
  readonly doorkeeper: Doorkeeper;
  readonly logger: Logger;
  /** How long a publisher may be silent; a test has less. */
  readonly patience?: Milliseconds;
  /** Connections of one address that have not shown a valid key; more where a balancer has the address of all. */
  readonly strangersPerAddress?: number;
}

/** Listens for encoders that publish by RTMP. @throws the error of the system if it cannot listen */
export async function listenForRtmp(options: RtmpListenerOptions): Promise<Listener> {
  const { host, port, patience } = options;
  const entrance = new Entrance(options);
  const server = createServer({ noDelay: true }, (socket) => {
    const visitor = {
      address: socket.remoteAddress ?? '',
      end: () => void socket.on('error', () => undefined).destroy(),
    };
    entrance.receive(visitor, (welcome) =>
      new PublisherConnection(socket, { ...welcome, ...(patience !== undefined && { patience }) }).run(),
    );
  });
  await once(server.listen({ host, port }), 'listening');
  server.on('error', (error) => entrance.noteAcceptError(error));
  return {
    port: (server.address() as AddressInfo).port,
    stats: entrance.stats,
    async close() {
      server.close();
      await entrance.close();
    },
  };
}
