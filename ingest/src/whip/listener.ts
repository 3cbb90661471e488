import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import { Entrance, type Listener } from '../door/entrance.js';
import type { Doorkeeper } from '../doorkeeper.js';
import { ENDPOINT, pathOf, WhipConnection } from './connection.js';
import { answer, answerPreflight, answerProblem } from './http-answer.js';
import { loadPeers, type Peers } from './peers.js';
import { UdpPort } from './udp-port.js';

const REQUEST_MS = 10_000;
/** Requests that take too long are looked for this often. */
const SERVER_OPTIONS = { maxHeaderSize: 8 * 1024, noDelay: true, connectionsCheckingInterval: 2_000 };
/** Addresses that an answer names. */
const MAX_ADDRESSES = 8;
const WILDCARDS = new Set(['0.0.0.0', '::']);
/** The code for handshakes takes most of a second, in which nothing else happens: not while everything else starts. */
const LOAD_AFTER_MS = 5_000;

interface WhipListenerOptions {
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
 * Listens for encoders that publish by WebRTC (WHIP, RFC 9725).
 * @throws the error of the system if it cannot listen
 */
export async function listenForWhip(options: WhipListenerOptions): Promise<Listener> {
  const { host, port, publicAddresses = [], patience } = options;
  const entrance = new Entrance(options);
  const connections = new Map<string, WhipConnection>();
  let loading: Promise<Peers> | undefined;
  const peers = (): Promise<Peers> => {
    loading ??= loadPeers();
    return loading;
  };

  const publish = (request: IncomingMessage, response: ServerResponse): void => {
    const visitor = {
      address: request.socket.remoteAddress ?? '',
      end: () =>
        answerProblem(response, 503, 'Too many have shown no valid stream key: try again.', {
          'retry-after': '10',
        }),
    };
    entrance.receive(visitor, async (welcome) => {
      const connection = new WhipConnection({
        ...{ ...welcome, request, response, peers, udp, udpPort, addressesFor },
        ...(patience !== undefined && { patience }),
      });
      connections.set(connection.id, connection);
      try {
        return await connection.run();
      } finally {
        connections.delete(connection.id);
      }
    });
  };
  const end = (id: string, response: ServerResponse): void => {
    const connection = connections.get(id);
    connection?.finish({ why: 'finished' });
    if (connection) answer(response, { status: 200, body: 'The session has ended.\n' });
    else answerProblem(response, 404, 'There is no such session (any more).');
  };
  const server = createServer(SERVER_OPTIONS, (request, response) => {
    const [, root, first = '', second, ...more] = pathOf(request.url ?? '').split('/');
    const isSession = first === 'session' && second !== undefined;
    const isOurs = `/${root}` === ENDPOINT && more.length === 0 && (isSession || !second);
    request.on('error', () => undefined);
    if (request.method === 'OPTIONS') answerPreflight(response);
    else if (!isOurs) answerProblem(response, 404, `Publish by WHIP at ${ENDPOINT}.`);
    else if (request.method === 'POST' && !isSession) publish(request, response);
    else if (request.method === 'DELETE' && isSession) end(second, response);
    else {
      const allow = isSession ? 'DELETE, OPTIONS' : 'POST, OPTIONS';
      // ICE lite needs no candidates of the publisher, and cannot restart (RFC 9725 4.3).
      answerProblem(response, 405, `This address takes ${allow}.`, { allow });
    }
  });
  server.headersTimeout = REQUEST_MS;
  server.requestTimeout = REQUEST_MS;
  await once(server.listen({ host, port }), 'listening');
  const at = server.address() as AddressInfo;
  server.on('error', (error) => entrance.noteAcceptError(error));
  const udp = new UdpPort(at.address);
  const udpPort = await udp.open(at.address, port === 0 ? 0 : at.port).catch(async (error: unknown) => {
    server.close();
    await udp.close();
    throw error;
  });
  const addressesFor = (local: string): readonly string[] =>
    publicAddresses.length > 0 ? publicAddresses : ownAddresses(local, at.address);
  // An offer that comes earlier waits for it, and one that comes later does not hold up those who are on air.
  const ahead = setTimeout(() => void peers().catch(() => undefined), LOAD_AFTER_MS).unref();
  return {
    port: at.port,
    stats: entrance.stats,
    async close() {
      clearTimeout(ahead);
      server.close();
      await entrance.close();
      server.closeAllConnections();
      await udp.close();
    },
  };
}

/** The address at which the publisher has reached us; after it all others, because a proxy may be in between. */
function ownAddresses(local: string, bound: string): string[] {
  const reached = local.replace(/^::ffff:/i, '');
  const others = WILDCARDS.has(bound)
    ? Object.values(networkInterfaces())
        .flatMap((each) => each ?? [])
        .filter(({ internal, scopeid }) => !internal && !scopeid)
        .map(({ address }) => address)
    : [];
  const fits = (address: string): boolean => address !== '' && (!isIPv6(address) || isIPv6(bound));
  return [...new Set([reached, ...others])].filter(fits).slice(0, MAX_ADDRESSES);
}
