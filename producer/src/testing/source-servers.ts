import {
  createServer as createHttp,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import type { Network } from '@topicast/sources/open';

/** Stands for the internet. Both addresses belong to this machine and need no rights. */
export const PUBLIC_ADDRESS = '127.0.0.2';
const PRIVATE_ADDRESS = '127.0.0.1';

/** Names and addresses of a small world. `turning.example` is public when it is first asked for, and private afterwards. */
export function testNetwork(certificateAuthorities?: string): Network {
  let asked = 0;
  const names: Record<string, () => string> = {
    'public.example': () => PUBLIC_ADDRESS,
    'private.example': () => PRIVATE_ADDRESS,
    'turning.example': () => (asked++ === 0 ? PUBLIC_ADDRESS : PRIVATE_ADDRESS),
  };
  return {
    resolve: async (host) => {
      const address = names[host]?.();
      if (address === undefined) throw new Error('ENOTFOUND');
      return [address];
    },
    isPublic: (address) => address === PUBLIC_ADDRESS,
    ...(certificateAuthorities !== undefined && { certificateAuthorities }),
  };
}

/** A pair for TLS, PEM. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** Connections so far. */
  readonly reached: () => number;
}

/** Let a server listen on a free port. */
export async function listening(server: Server, address: string): Promise<TestServer> {
  const sockets = new Set<Socket>();
  let reached = 0;
  server.on('connection', (socket) => {
    reached += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen({ host: address, port: 0 }, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    reached: () => reached,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

export const httpServer = (handler: Handler, address = PUBLIC_ADDRESS): Promise<TestServer> =>
  listening(createHttp(handler), address);

export const httpsServer = (handler: Handler, tls: KeyPair): Promise<TestServer> =>
  listening(createHttps(tls, handler) as unknown as HttpServer, PUBLIC_ADDRESS);

/** Accepts connections and says nothing; it must never be reached. */
export const privateServer = (): Promise<TestServer> => listening(createTcp(), PRIVATE_ADDRESS);
