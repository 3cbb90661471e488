import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { Transient } from '../errors.js';
import {
  Connection,
  type PrivateConnection,
  type PrivateLogger,
  type Protocol,
} from '../wire/kafkajs-private.js';
import type { Health } from './health.js';
import { judge, NotAdmitted, openSocket, type Security, saslOf } from './security.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export const nameOf = ({ host, port }: Address): string => `${host}:${port}`;

export interface LinkSettings {
  readonly clientId: string;
  readonly logger: Logger;
  readonly health: Health;
  readonly security: Security;
}

const CONNECT_TIMEOUT_MS = 2000;
/** Far more than a request takes (a fetch waits for 100 ms), but short enough to leave a broker that hangs. */
export const REQUEST_TIMEOUT_MS = 4000;
/** After a failure, further requests fail at once for this long, instead of each trying to connect again. */
const KNOCK_PAUSE_MS = 100;
/** Somebody has to change a setting before another attempt helps. */
const NOT_ADMITTED_PAUSE_MS = 1000;
/** The version of the two login requests; every broker from 2.2 on supports it. */
const LOGIN_VERSIONS = { 17: { minVersion: 1, maxVersion: 1 }, 36: { minVersion: 1, maxVersion: 1 } };

interface Wire {
  readonly connection: PrivateConnection;
  readonly socket: Socket;
}

type State =
  | { readonly is: 'idle' }
  | ({ readonly is: 'connecting'; readonly opening: Promise<PrivateConnection> } & Wire)
  | ({ readonly is: 'connected' } & Wire)
  | { readonly is: 'failed'; readonly at: number; readonly reason: Transient }
  | { readonly is: 'closed' };

/**
 * One connection to one broker, opened when it is first used and again after it broke. A broker answers a connection's
 * requests in order, so a long poll or a slow write delays what comes after it. That is why each purpose has its own
 * link.
 */
export class Link {
  readonly #address: Address;
  readonly #settings: LinkSettings;
  #state: State = { is: 'idle' };

  constructor(address: Address, settings: LinkSettings) {
    this.#address = address;
    this.#settings = settings;
  }

  /** @throws {Transient} if the broker does not answer */
  async request<T>(protocol: Protocol<T>): Promise<T> {
    const connection = await this.#connected();
    try {
      const answer = await connection.send(protocol);
      this.#settings.health.up(nameOf(this.#address));
      return answer;
    } catch (cause) {
      throw this.#fail(connection, cause);
    }
  }

  /** Give up a connection whose broker hangs: its waiting requests fail, and the next request opens another one. */
  abandon(): void {
    const state = this.#state;
    if (state.is !== 'connected') return;
    this.#state = { is: 'idle' };
    release(state.connection, state.socket);
    this.#settings.health.down(nameOf(this.#address), 'it hangs');
  }

  close(): void {
    const state = this.#state;
    this.#state = { is: 'closed' };
    if (state.is === 'connected') release(state.connection, state.socket);
    if (state.is === 'connecting') state.socket.destroy(closed());
  }

  #connected(): Promise<PrivateConnection> | PrivateConnection {
    const state = this.#state;
    switch (state.is) {
      case 'closed':
        throw closed();
      case 'connecting':
        return state.opening;
      case 'connected':
        if (state.connection.isConnected()) return state.connection;
        release(state.connection, state.socket);
        return this.#connect();
      case 'failed':
        if (performance.now() - state.at < patienceAfter(state.reason)) throw state.reason;
        return this.#connect();
      case 'idle':
        return this.#connect();
    }
  }

  #connect(): Promise<PrivateConnection> {
    const { host, port } = this.#address;
    const { clientId, logger, security } = this.#settings;
    const { socket, onReady } = openSocket(this.#address, security.tls);
    const connection = new Connection({
      host,
      port,
      clientId,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      enforceRequestTimeout: true,
      logger: quietLogger(logger),
      ...(security.sasl && { sasl: saslOf(security.sasl) }),
      socketFactory: ({ onConnect }) => {
        onReady(onConnect);
        return socket;
      },
    });
    connection.setVersions(LOGIN_VERSIONS);
    connection.setSupportAuthenticationProtocol(true);
    const ready = connection.connect().then(() => connection.authenticate());
    const opening = ready.then(
      () => {
        if (this.#state.is === 'closed') {
          release(connection, socket);
          throw closed();
        }
        this.#state = { is: 'connected', connection, socket };
        return connection;
      },
      (cause: unknown) => {
        release(connection, socket);
        throw this.#fail(connection, cause);
      },
    );
    this.#state = { is: 'connecting', opening, connection, socket };
    return opening;
  }

  #fail(connection: PrivateConnection, cause: unknown): Error {
    if (this.#state.is === 'closed') return closed();
    const words = cause instanceof Error ? cause.message : String(cause);
    const { health, security } = this.#settings;
    const verdict = judge({ cause, security, isFirst: !health.hasAnswered });
    const name = nameOf(this.#address);
    const reason = verdict
      ? new NotAdmitted(`Kafka at ${name}: ${verdict.words}`, verdict.isCertain, { cause })
      : new Transient(`Kafka at ${name} does not answer: ${words}`, { cause });
    const state = this.#state;
    const ofAnEarlierConnection = 'connection' in state && state.connection !== connection;
    if (ofAnEarlierConnection) return reason;
    if (state.is === 'connected') release(connection, state.socket);
    if (state.is === 'connected' && !verdict && !isTimeout(cause)) {
      // The connection may have been idle for too long; the next attempt to connect will show whether the broker is
      // there.
      this.#state = { is: 'idle' };
    } else {
      this.#state = { is: 'failed', at: performance.now(), reason };
      if (verdict) health.refused(name, verdict.words);
      else health.down(name, words);
    }
    return reason;
  }
}

/** A broker that may be going away is tried again as soon as any other. */
const patienceAfter = (reason: Transient): number =>
  reason instanceof NotAdmitted && reason.isCertain ? NOT_ADMITTED_PAUSE_MS : KNOCK_PAUSE_MS;

const isTimeout = (cause: unknown): boolean =>
  cause instanceof Error && cause.name === 'KafkaJSRequestTimeoutError';

/** The broker has left the cluster, or the whole log was closed, which the caller knows. */
const closed = (): Transient => new Transient('the connection to Kafka was closed');

/** End a connection now: kafkajs's own `disconnect` first waits for the requests in flight. */
function release(connection: PrivateConnection, socket: Socket): void {
  connection.rejectRequests(new Error('the connection was given up'));
  connection.disconnect().catch(() => undefined);
  socket.destroy();
}

/** {@link Health} logs what is worth a line; kafkajs's own messages are for debugging. */
function quietLogger(logger: Logger): PrivateLogger {
  const say = (message: string): void => logger.debug(`kafkajs: ${message}`);
  const lines = { debug: () => undefined, info: say, warn: say, error: say, namespace: () => lines };
  return lines;
}
