import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { MAX_CLIENT_MESSAGE_BYTES } from '@topicast/contracts/client-message';
import { CloseCode } from '@topicast/contracts/close-codes';
import { SUBPROTOCOL } from '@topicast/contracts/server-message';
import type { Milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import type { Access } from '../access/access.js';
import type { Principal } from '../access/principal.js';
import type { GatewayConfig } from '../config.js';
import type { Directory } from '../directory/directory.js';
import { isOwnHost } from '../http/hosts.js';
import type { GatewayMetrics } from '../metrics/metrics.js';
import type { Feeds } from '../stream/feeds.js';
import type { Pace } from '../stream/subscriber.js';
import type { Audience } from '../viewer/audience.js';
import { ViewerConnection } from '../viewer/connection.js';
import { type LiveRequest, parseLiveRequest } from './live-request.js';

export interface LiveOptions {
  readonly config: GatewayConfig;
  readonly directory: Directory;
  readonly feeds: Feeds;
  readonly audience: Audience;
  readonly access: Access;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}

type Watch = LiveRequest & { kind: 'watch' };

/** Sockets beyond the viewers' limit, for those that are being told so and those that are leaving. */
const SPARE_CONNECTIONS = 200;
/** `closeTimeout` is how long a viewer has for its part of the closing handshake, ms (missing in the types). */
const SERVER_OPTIONS: ServerOptions & { closeTimeout: number } = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MAX_CLIENT_MESSAGE_BYTES,
  // It would queue a pong for each ping, also for a viewer that does not read.
  autoPong: false,
  closeTimeout: 2_000,
  handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
};

/**
 * WebSockets at `/live/<stream>`. A browser hides the HTTP status of a failed upgrade, so all that a viewer should know
 * is told by a close code, at once and before anything is allocated for it.
 */
export class LiveEndpoint {
  readonly #options: LiveOptions;
  readonly #webSockets = new WebSocketServer(SERVER_OPTIONS);
  #connections = 0;
  #isClosing = false;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
  }

  /** Accept nobody any more. */
  stop(): void {
    this.#isClosing = true;
  }

  get isStopped(): boolean {
    return this.#isClosing;
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { config } = this.#options;
    if (!isOwnHost(request.headers.host, config.allowedHosts)) {
      refuse(socket, 421, 'this gateway is not known by that name: see TOPICAST_ALLOWED_HOSTS');
      return;
    }
    const asked = parseLiveRequest(request.url ?? '', request.headers['sec-websocket-protocol']);
    if (asked.kind === 'refuse') {
      refuse(socket, asked.status, asked.detail);
      return;
    }
    if (this.#isClosing) {
      refuse(socket, 503, 'the gateway is going down');
      return;
    }
    if (this.#connections >= config.limits.viewers + SPARE_CONNECTIONS) {
      refuse(socket, 503, 'no more connections');
      return;
    }
    this.#connections += 1;
    socket.once('close', () => {
      this.#connections -= 1;
    });
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', (error) =>
        this.#options.logger.debug({ err: error }, 'viewer connection failed'),
      );
      if (asked.kind === 'reject') this.#turnAway(webSocket, CloseCode.badMessage, asked.problem);
      // Without a server of its own, ws upgrades the very socket that it was given: TCP here.
      else void this.#admit(webSocket, socket as Socket, asked);
    });
  }

  async #admit(webSocket: WebSocket, socket: Socket, watch: Watch): Promise<void> {
    const { access, directory, audience } = this.#options;
    // What the viewer says meanwhile is kept for it.
    webSocket.pause();
    const principal = await access.identify(watch.token);
    if (webSocket.readyState !== WebSocket.OPEN) return;
    webSocket.resume();
    const address = socket.remoteAddress ?? '';
    const refusal = access.refusalToWatch(principal, watch.stream);
    if (refusal === 'unauthorized')
      this.#turnAway(webSocket, CloseCode.unauthorized, 'a valid token is needed');
    else if (refusal === 'forbidden')
      this.#turnAway(webSocket, CloseCode.forbidden, 'the token is for another stream');
    else if (this.#isClosing) this.#turnAway(webSocket, CloseCode.goingAway, 'the gateway is going down');
    else if (!directory.ready) this.#turnAway(webSocket, CloseCode.logUnavailable, 'the log is away');
    else if (!directory.has(watch.stream))
      this.#turnAway(webSocket, CloseCode.unknownStream, 'no such stream');
    else if (!audience.hasRoomFor(address)) this.#turnAway(webSocket, CloseCode.tooMany, 'too many viewers');
    else this.#seat(webSocket, socket, watch, address, expiryOf(principal));
  }

  #seat(
    webSocket: WebSocket,
    socket: Socket,
    watch: Watch,
    address: string,
    expiresAt: Milliseconds | undefined,
  ): void {
    const { feeds, audience, directory, metrics, config } = this.#options;
    const { stream, rendition, protocol, destination } = watch;
    const viewer = new ViewerConnection({
      webSocket,
      socket,
      stream,
      protocol,
      pace: paceFor(config.economy, watch.economy),
      destination,
      expiresAt,
      metrics,
      feed: feeds.open(stream, rendition),
      messagesPerSecond: config.limits.messagesPerSecond,
    });
    const remove = audience.add(viewer, address);
    webSocket.once('close', remove);
    viewer.start(directory.state(stream));
  }

  #turnAway(webSocket: WebSocket, code: CloseCode, reason: string): void {
    this.#options.metrics.countClose(code);
    webSocket.close(code, reason);
  }
}

const expiryOf = (principal: Principal | 'unknown'): Milliseconds | undefined =>
  principal !== 'unknown' && principal.kind === 'viewer' ? principal.expiresAt : undefined;

const paceFor = (setting: GatewayConfig['economy'], asked: boolean): Pace =>
  setting === 'all' || (setting === 'asked' && asked) ? 'economy' : 'prompt';

function refuse(socket: Duplex, status: number, detail: string): void {
  const title = STATUS_CODES[status] ?? '';
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  socket.end(
    [
      `HTTP/1.1 ${status} ${title}`,
      'Connection: close',
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}
