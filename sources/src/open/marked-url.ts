import { Transform } from 'node:stream';
import { bare, canonicalHost } from '../source-url.js';
import type { Target } from './gate.js';

/**
 * A fenced ffmpeg speaks no TLS: it would connect by itself. Addresses that it gets are http, and an underscore in front
 * of the host, where no host name has one (RFC 1123 2.1), says that our proxy shall speak TLS on. In text both have the
 * same length, so that lengths and ranges of playlists stay what they are:
 *
 *     https://cdn.example/a.ts      http://_cdn.example/a.ts
 *     https://[2001:db8::1]/a.ts    http://[_2001:db8::1]/a.ts
 *
 * What is not found and marked (an https address written by XML entities, for example) cannot be opened at all, since
 * ffmpeg's protocol whitelist has no https.
 */
const SECURE = /https:\/\/(\[?)/gi;
const MARKED = /http:\/\/(\[?)_/g;

export const marked = (text: string): string => text.replace(SECURE, 'http://$1_');
export const unmarked = (text: string): string => text.replace(MARKED, 'https://$1');

export interface ProxyRequest extends Target {
  readonly path: string;
}

/**
 * What a request line of a proxy's client asks for: `http://host:port/path`, marked or not. ffmpeg drops the brackets of
 * a marked IPv6 address, and always writes the port.
 * @returns undefined if it is no such address
 */
export function readProxyRequest(text: string): ProxyRequest | undefined {
  const match = /^http:\/\/(\[_|_|)([^/?#@\\\s]{1,300}?)(?::(\d{1,5}))?(\/[^#\s]*)?$/.exec(text);
  if (!match) return undefined;
  const [, mark, authority = '', digits, path = '/'] = match;
  const tls = mark !== '';
  const name = authority.replace(/\]$/, tls ? '' : ']');
  const given = digits === undefined ? 80 : Number(digits);
  // 80 is what ffmpeg takes for the default.
  const port = tls && given === 80 ? 443 : given;
  if (port < 1 || port > 65_535) return undefined;
  try {
    const host = bare(canonicalHost(tls && name.includes(':') ? `[${name}]` : name));
    // Addresses inside of the query came from a playlist that was marked.
    return { host, port, tls, path: unmarked(path) };
  } catch {
    return undefined;
  }
}

/** Mark the addresses in a playlist as it passes. Latin-1 keeps every byte as it is. */
export class MarkPlaylist extends Transform {
  #rest = '';

  override _transform(bytes: Buffer, _encoding: unknown, done: (error: null, bytes?: Buffer) => void): void {
    const text = this.#rest + bytes.toString('latin1');
    this.#rest = beginningOfAddress(text);
    done(null, Buffer.from(marked(text.slice(0, text.length - this.#rest.length)), 'latin1'));
  }

  override _flush(done: (error: null, bytes?: Buffer) => void): void {
    done(null, Buffer.from(marked(this.#rest), 'latin1'));
  }
}

/** What stands at the end of a piece and may go on in the next one. */
function beginningOfAddress(text: string): string {
  const longest = 'https://[';
  for (let length = longest.length - 1; length > 0; length -= 1) {
    const end = text.slice(-length);
    if (end.length === length && longest.startsWith(end.toLowerCase())) return end;
  }
  return '';
}

/** HLS begins so and nothing else is HLS (RFC 8216 4.3.1.1); XML may be DASH. Media begins otherwise. */
export const isPlaylist = (contentType: string | undefined, begin: Buffer): boolean =>
  /mpegurl|dash\+xml/i.test(contentType ?? '') ||
  /^(?:\xef\xbb\xbf)?\s*(?:#EXTM3U|<)/.test(begin.toString('latin1', 0, 64));
