import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { INGEST_SUBPROTOCOL } from '@topicast/contracts/ingest-message';
import type { Milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import { type ServerOptions, WebSocketServer } from 'ws';
import { Entrance, type Listener } from '../door/entrance.js';
import type { Doorkeeper } from '../doorkeeper.js';
import { CameraConnection, MOST_MESSAGE_BYTES } from './connection.js';

interface CameraListenerOptions {
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
  readonly doorkeeper: Doorkeeper;
  readonly logger: Logger;
  /** How long a publisher may be silent; a test has less. */
  readonly patience?: Milliseconds;
  /** As for the listener for RTMP. */
  readonly strangersPerAddress?: number;
}

/** For the request that becomes a WebSocket. */
const REQUEST_MS = 10_000;
const MAX_HEADER_BYTES = 8 * 1024;
/** The path is not looked at, so that a proxy can have one of its own. */
const NO_SOCKET = problem(426, `connect here by WebSocket, with the subprotocol ${INGEST_SUBPROTOCOL}`);
/** `closeTimeout` is missing in the types. */
const SOCKET_OPTIONS: ServerOptions & { closeTimeout: number } = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MOST_MESSAGE_BYTES,
  closeTimeout: 500,
  handleProtocols: () => INGEST_SUBPROTOCOL,
};

/**
 * Listens for encoders that publish by WebSocket, such as browsers. A page of any origin may connect: it has to show a
 * stream key, and a browser adds nothing by itself that would count, such as a cookie.
 * @throws the error of the system if it cannot listen
 */
export async function listenForCameras(options: CameraListenerOptions): Promise<Listener> {
  const { host, port, patience } = options;
  const entrance = new Entrance(options);
  const webSockets = new WebSocketServer(SOCKET_OPTIONS);

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    if (!isOffered(request)) {
      socket.end(rawAnswer(NO_SOCKET));
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      // Without its own server, ws upgrades the very socket that it was given, which is TCP here.
      const tcp = socket as Socket;
      const visitor = { address: tcp.remoteAddress ?? '', end: () => webSocket.terminate() };
      entrance.receive(visitor, (welcome) =>
        new CameraConnection(webSocket, tcp, {
          ...welcome,
          ...(patience !== undefined && { patience }),
        }).run(),
      );
    });
  };
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, noDelay: true }, (_, response) =>
    answer(response, NO_SOCKET),
  );
  server.headersTimeout = REQUEST_MS;
  server.requestTimeout = REQUEST_MS;
  server.on('upgrade', upgrade);
  await once(server.listen({ host, port }), 'listening');
  server.on('error', (error) => entrance.noteAcceptError(error));
  return {
    port: (server.address() as AddressInfo).port,
    stats: entrance.stats,
    async close() {
      server.close();
      await entrance.close();
      server.closeAllConnections();
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** RFC 9457. */
function problem(status: number, detail: string): Answer {
  const body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail });
  return {
    status,
    headers: {
      upgrade: 'websocket',
      connection: 'close',
      'content-type': 'application/problem+json',
      'content-length': String(Buffer.byteLength(body)),
    },
    body,
  };
}

function answer(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}

function rawAnswer({ status, headers, body }: Answer): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}

const isOffered = ({ headers }: IncomingMessage): boolean =>
  (headers['sec-websocket-protocol'] ?? '').split(',').some((each) => each.trim() === INGEST_SUBPROTOCOL);
