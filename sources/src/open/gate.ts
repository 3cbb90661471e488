import { isIP, type LookupFunction, type Socket, connect as tcpConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { isPublicHost } from '../address.js';
import { SourceError } from '../source-error.js';
import { PRIVATE_ADDRESS } from '../source-url.js';
import type { Network } from './network.js';

export interface Target {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

export const CONNECT_TIMEOUT_MS = 10_000;
/** How many problems on the way to servers to remember; ffmpeg sees only that our own port gave it nothing. */
const LINES = 8;

interface Way {
  readonly to: 'source' | 'destination';
  /** Whether each address must be judged before it is connected to. */
  readonly fenced: boolean;
}
const FENCED_SOURCE: Way = { to: 'source', fenced: true };

/**
 * The only way out for one fenced source. It resolves names, judges every address, and connects only to judged
 * addresses. The first refusal ends the source.
 */
export class Gate {
  readonly #network: Network;
  readonly #way: Way;
  readonly #refusing = new AbortController();
  #lines: string[] = [];

  constructor(network: Network, way: Way = FENCED_SOURCE) {
    this.#network = network;
    this.#way = way;
  }

  /** Aborted with a SourceError when the source led to a forbidden place. */
  get refused(): AbortSignal {
    return this.#refusing.signal;
  }

  /** What went wrong on the way to servers, the latest last. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  refuse(message: string): SourceError {
    const error = new SourceError('refused', message);
    if (!this.refused.aborted) this.#refusing.abort(error);
    return error;
  }

  note(line: string): void {
    this.#lines = [...this.#lines, line.slice(0, 300)].slice(-LINES);
  }

  /** The addresses of a host; behind a fence, all of them public. @throws {SourceError} `refused` or `unreachable` */
  async addressesOf(host: string): Promise<readonly string[]> {
    const { resolve, isPublic } = this.#network;
    if (!this.#way.fenced) return isIP(host) === 0 ? this.#resolve(host, resolve) : [host];
    const known = isPublicHost(host, isPublic);
    const addresses = known === undefined ? await this.#resolve(host, resolve) : [host];
    // One private address among public ones is enough to refuse, because a name server must not choose which one is
    // used.
    if (known === false || !addresses.every((address) => isIP(address) !== 0 && isPublic(address))) {
      throw this.refuse(`The ${this.#way.to} leads to "${host}", which ${PRIVATE_ADDRESS}`);
    }
    return addresses;
  }

  /** A connection to one of the judged addresses, with TLS for the requested name. @throws {SourceError} */
  async connect(target: Target): Promise<Socket> {
    const addresses = await this.addressesOf(target.host);
    try {
      return await connected(this.#open(target, addresses), target.tls ? 'secureConnect' : 'connect');
    } catch (cause) {
      const line = `${target.host}:${target.port}: ${inWords(cause)}`;
      this.note(line);
      throw new SourceError('unreachable', line, { cause });
    }
  }

  async #resolve(host: string, resolve: Network['resolve']): Promise<readonly string[]> {
    const addresses = await resolve(host).catch((cause: unknown) => {
      this.note(`Failed to resolve hostname ${host}`);
      throw new SourceError('unreachable', `The host "${host}" cannot be found.`, { cause });
    });
    if (addresses.length > 0) return addresses;
    throw new SourceError('unreachable', `The host "${host}" has no address.`);
  }

  #open({ host, port, tls }: Target, addresses: readonly string[]): Socket {
    // Node tries these addresses one after the other, and asks nobody else.
    const judged = addresses.map((address) => ({ address, family: isIP(address) }));
    const lookup: LookupFunction = (_host, options, answer) =>
      options.all ? answer(null, judged) : answer(null, judged[0]!.address, judged[0]!.family);
    const socket = tcpConnect({ host, port, lookup, noDelay: true });
    if (!tls) return socket;
    const secure = tlsConnect({
      socket,
      ...(isIP(host) === 0 && { servername: host }),
      ...(this.#network.certificateAuthorities && { ca: this.#network.certificateAuthorities }),
    });
    // Giving up one also gives up the other.
    socket.once('error', (error) => secure.destroy(error));
    secure.once('close', () => socket.destroy());
    return secure;
  }
}

function connected(socket: Socket, event: 'connect' | 'secureConnect'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    const timer = setTimeout(() => socket.destroy(new Error('Connection timed out')), CONNECT_TIMEOUT_MS);
    socket.once('error', failed);
    socket.once('close', () => failed(new Error('Connection closed')));
    socket.once(event, () => {
      clearTimeout(timer);
      socket.removeListener('error', failed);
      // A later error ends in `close`, which its user watches.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** ffmpeg's own words, if it has any; they are explained to streamers elsewhere. */
function inWords(error: unknown): string {
  const known: Record<string, string> = {
    ECONNREFUSED: 'Connection refused',
    ETIMEDOUT: 'Connection timed out',
    EHOSTUNREACH: 'No route to host',
    ENETUNREACH: 'Network is unreachable',
  };
  const { code, message } = error as NodeJS.ErrnoException;
  return known[code ?? ''] ?? (message || code || 'Connection failed');
}
