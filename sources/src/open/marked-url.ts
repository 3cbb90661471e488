import { bare, canonicalHost } from '../source-url.js';
import type { Target } from './gate.js';

/**
 * A fenced ffmpeg speaks no TLS, because it would connect by itself. It gets only http addresses. An underscore before
 * the host, where no host name has one (RFC 1123 2.1), tells our proxy to speak TLS to the server.
 *
 *     https://cdn.example/a.ts      http://_cdn.example/a.ts
 *     https://[2001:db8::1]/a.ts    http://[_2001:db8::1]/a.ts
 *
 * An address that is not found and marked (an https address written with XML entities, for example) cannot be opened at
 * all, because ffmpeg's protocol whitelist has no https.
 */
const SECURE = /https:\/\/(\[?)/gi;
const MARKED = /http:\/\/(\[?)_/g;

export const marked = (text: string): string => text.replace(SECURE, 'http://$1_');
export const unmarked = (text: string): string => text.replace(MARKED, 'https://$1');

export interface ProxyRequest extends Target {
  readonly path: string;
}

/**
 * The address in the request line of a proxy's client: `http://host:port/path`, marked or not. ffmpeg drops the
 * brackets of a marked IPv6 address, and always writes the port.
 * @returns undefined if it is not such an address
 */
export function readProxyRequest(text: string): ProxyRequest | undefined {
  const match = /^http:\/\/(\[_|_|)([^/?#@\\\s]{1,300}?)(?::(\d{1,5}))?(\/[^#\s]*)?(?:#\S*)?$/.exec(text);
  if (!match) return undefined;
  const [, mark, authority = '', digits, path = '/'] = match;
  const tls = mark !== '';
  const name = authority.replace(/\]$/, tls ? '' : ']');
  const given = digits === undefined ? 80 : Number(digits);
  // 80 is the default for ffmpeg.
  const port = tls && given === 80 ? 443 : given;
  if (port < 1 || port > 65_535) return undefined;
  try {
    const host = bare(canonicalHost(tls && name.includes(':') ? `[${name}]` : name));
    // Addresses inside the query came from a marked playlist.
    return { host, port, tls, path: unmarked(path) };
  } catch {
    return undefined;
  }
}
