import type { BodyKind } from './body.js';
import { type ProxyRequest, readProxyRequest } from './marked-url.js';

/** More than the redirects on the way to a playlist. */
const KEPT = 100;

/**
 * The addresses at which the source itself was a playlist, and must be one again. ffmpeg also looks for a playlist
 * after an ID3 tag, which would reach it unchecked. So an answer at these addresses is a playlist from its first byte,
 * or it is not passed on.
 */
export class PlaylistAddresses {
  #source: string | undefined;
  #kind: BodyKind = 'media';
  readonly #redirected = new Set<string>();

  expect(source: string, kind: BodyKind): void {
    const read = readProxyRequest(source);
    this.#source = read && key(read);
    this.#kind = kind;
  }

  /** Whether this may be at this address. */
  agree(wanted: ProxyRequest, kind: BodyKind): boolean {
    return this.#kind === 'media' || kind === this.#kind || !this.#has(wanted);
  }

  redirected(from: ProxyRequest, to: string): void {
    const read = readProxyRequest(to);
    if (!read || !this.#has(from)) return;
    this.#redirected.add(key(read));
    const [oldest] = this.#redirected;
    if (this.#redirected.size > KEPT && oldest !== undefined) this.#redirected.delete(oldest);
  }

  #has(wanted: ProxyRequest): boolean {
    const name = key(wanted);
    return name === this.#source || this.#redirected.has(name);
  }
}

const key = ({ host, port, tls, path }: ProxyRequest): string => `${tls} ${host} ${port} ${path}`;
