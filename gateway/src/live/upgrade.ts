import type { IncomingMessage, Server } from 'node:http';
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
import { problemOf } from '../http/problem.js';
import { refuse } from '../http/refuse.js';
import type { GatewayMetrics } from '../metrics/metrics.js';
import type { ChunkSource } from '../stream/chunk-source.js';
import type { RenditionRefusal, Renditions } from '../stream/renditions.js';
import type { Pace } from '../stream/subscriber.js';
import type { SyncGroups } from '../sync/groups.js';
import type { Audience } from '../viewer/audience.js';
import { ViewerConnection } from '../viewer/connection.js';
import { catalogFrame } from '../viewer/control-frames.js';
import { type LiveRequest, parseLiveRequest } from './live-request.js';

interface LiveOptions {
  readonly config: GatewayConfig;
  readonly directory: Directory;
  readonly renditions: Renditions;
  readonly audience: Audience;
  readonly groups: SyncGroups;
  readonly access: Access;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}

type Watch = LiveRequest & { kind: 'watch' };

interface Refusal {
  readonly code: CloseCode;
  readonly reason: string;
}

const RENDITION_REFUSALS: Record<RenditionRefusal, Refusal> = {
  missing: { code: CloseCode.unknownStream, reason: 'no such rendition' },
  unreadable: { code: CloseCode.logUnavailable, reason: 'the stream cannot be read' },
  full: { code: CloseCode.tooMany, reason: 'too many streams are being watched' },
};

/** Sockets beyond the limit of viewers, for clients that are being refused or are leaving. */
const SPARE_CONNECTIONS = 200;
/** `closeTimeout` is how long a viewer has for its part of the closing handshake, in ms (missing in the types). */
const SERVER_OPTIONS: ServerOptions & { closeTimeout: number } = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MAX_CLIENT_MESSAGE_BYTES,
  // Otherwise ws queues a pong for each ping, even for a viewer that does not read.
  autoPong: false,
  closeTimeout: 2_000,
  handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
};

/**
 * WebSockets at `/live/<stream>`. A browser hides the HTTP status of a failed upgrade. So a close code tells a viewer
 * everything it should know, at once and before anything is allocated for it.
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

  /** Stop accepting viewers. */
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
      refuse(socket, problemOf(421, 'this gateway does not answer to that name: see TOPICAST_ALLOWED_HOSTS'));
      return;
    }
    const asked = parseLiveRequest(request.url ?? '', request.headers['sec-websocket-protocol']);
    if (asked.kind === 'refuse') {
      refuse(socket, problemOf(asked.status, asked.detail));
      return;
    }
    if (this.#isClosing) {
      refuse(socket, problemOf(503, 'the gateway is going down'));
      return;
    }
    if (this.#connections >= config.limits.viewers + SPARE_CONNECTIONS) {
      this.#options.metrics.refusedConnections += 1;
      refuse(socket, problemOf(503, 'too many connections'));
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
      // Without its own server, ws upgrades the very socket that it was given, which is TCP here.
      else void this.#admit(webSocket, socket as Socket, asked);
    });
  }

  async #admit(webSocket: WebSocket, socket: Socket, watch: Watch): Promise<void> {
    // Keep what the viewer sends in the meantime.
    webSocket.pause();
    const principal = await this.#options.access.identify(watch.token);
    const opened = this.#refusal(principal, watch, socket) ?? (await this.#open(watch));
    // Opening may have taken some time.
    const refusal = 'code' in opened ? opened : this.#refusal(principal, watch, socket);
    if (webSocket.readyState !== WebSocket.OPEN) return;
    webSocket.resume();
    if (refusal) this.#turnAway(webSocket, refusal.code, refusal.reason);
    else this.#seat(webSocket, socket, watch, opened as ChunkSource, principal);
  }

  #refusal(principal: Principal | 'unknown', { stream }: Watch, socket: Socket): Refusal | undefined {
    const { access, directory, audience } = this.#options;
    const refusal = access.refusalToWatch(principal, stream);
    if (refusal === 'unauthorized')
      return { code: CloseCode.unauthorized, reason: 'a valid token is needed' };
    if (refusal === 'forbidden')
      return { code: CloseCode.forbidden, reason: 'the token is for another stream' };
    if (this.#isClosing) return { code: CloseCode.goingAway, reason: 'the gateway is going down' };
    if (!directory.ready) return { code: CloseCode.logUnavailable, reason: 'the log is away' };
    if (!directory.has(stream)) return { code: CloseCode.unknownStream, reason: 'no such stream' };
    if (!audience.hasRoomFor(addressOf(socket)))
      return { code: CloseCode.tooMany, reason: 'too many viewers' };
    return undefined;
  }

  /** A viewer that resumes in a rendition that a new encoder no longer has continues with the best one. */
  async #open({ stream, rendition, destination }: Watch): Promise<ChunkSource | Refusal> {
    const { renditions } = this.#options;
    const opened = await renditions.open(stream, rendition);
    const isGone = opened === 'missing' && destination !== 'live';
    const source = isGone ? await renditions.open(stream, 0) : opened;
    return typeof source === 'string' ? RENDITION_REFUSALS[source] : source;
  }

  #seat(
    webSocket: WebSocket,
    socket: Socket,
    watch: Watch,
    source: ChunkSource,
    principal: Principal | 'unknown',
  ): void {
    const { renditions, audience, directory, groups, metrics, config } = this.#options;
    const { stream, rendition, protocol, destination, offers } = watch;
    const viewer = new ViewerConnection({
      webSocket,
      socket,
      stream,
      protocol,
      pace: paceFor(config.economy, watch.economy),
      destination,
      expiresAt: expiryOf(principal),
      metrics,
      source,
      openRendition: (other) => renditions.open(stream, other),
      messagesPerSecond: config.limits.messagesPerSecond,
      groups,
    });
    const remove = audience.add(viewer, addressOf(socket));
    webSocket.once('close', remove);
    const catalog = directory.catalog(stream);
    viewer.start({
      state: directory.state(stream),
      catalog: catalog && catalogFrame(catalog),
      isOtherRendition: source.rendition !== rendition,
      offers,
    });
  }

  #turnAway(webSocket: WebSocket, code: CloseCode, reason: string): void {
    this.#options.metrics.countClose(code);
    webSocket.close(code, reason);
  }
}

const addressOf = ({ remoteAddress }: Socket): string => remoteAddress ?? '';

const expiryOf = (principal: Principal | 'unknown'): Milliseconds | undefined =>
  principal !== 'unknown' && principal.kind === 'viewer' ? principal.expiresAt : undefined;

const paceFor = (setting: GatewayConfig['economy'], asked: boolean): Pace =>
  setting === 'all' || (setting === 'asked' && asked) ? 'economy' : 'prompt';
