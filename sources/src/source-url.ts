import { isPublicHost } from './address.js';
import { protocolOf, URL_PROTOCOLS, type UrlProtocol } from './protocols.js';
import { SourceError } from './source-error.js';

/** An address that was judged as far as possible without resolving its name. */
export interface SourceUrl {
  /** The address in a single spelling, so that ffmpeg cannot understand it differently. */
  readonly url: string;
  readonly protocol: UrlProtocol;
  /** It waits on this machine for a caller. */
  readonly listens: boolean;
}

/** `srt://:9000?mode=listener`, as ffmpeg's documentation writes it, is not a URL for anybody else. */
const ANY_SRT_ADDRESS = /^srt:\/\/(?=:\d)/i;
const CALLER = 'caller';
const SRT_MODES = [CALLER, 'listener', 'rendezvous'];

export const PRIVATE_ADDRESS =
  'is in a private network or on this machine; TOPICAST_ALLOW_PRIVATE_URLS=1 allows that.';

/** @throws {SourceError} `invalid`, or `refused` for what needs permission. */
export function judgeUrl(text: string, rules: { readonly allowPrivate: boolean }): SourceUrl {
  const url = parsed(text);
  const protocol = URL_PROTOCOLS.find((known) => `${known}:` === url?.protocol);
  if (!url || !protocol) {
    throw new SourceError('invalid', `The address must begin with ${URL_PROTOCOLS.join('://, ')}://.`);
  }
  if (!url.hostname) throw new SourceError('invalid', 'The address names no host.');
  url.hostname = canonicalHost(url.hostname);
  const { port, options } = protocolOf(protocol);
  if (port === undefined && !url.port) {
    throw new SourceError('invalid', `The address names no port, as in ${protocol}://host:9000.`);
  }
  if (options) judgeOptions(url, options);
  const mode = protocol === 'srt' ? srtMode(url) : CALLER;
  if (!rules.allowPrivate) {
    if (mode !== CALLER) {
      throw new SourceError(
        'refused',
        'An address that waits for callers on this machine is refused; TOPICAST_ALLOW_PRIVATE_URLS=1 allows that.',
      );
    }
    if (isPublicHost(bare(url.hostname)) === false) {
      throw new SourceError('refused', `The address ${PRIVATE_ADDRESS}`);
    }
  }
  return { url: url.href, protocol, listens: mode === 'listener' };
}

/** Whether we call at the address, as often as we like; otherwise one caller comes to us, or one peer meets us. */
export function isCalled(text: string): boolean {
  const url = parsed(text);
  return url !== undefined && (url.protocol !== 'srt:' || modeIn(url) === CALLER);
}

function parsed(text: string): URL | undefined {
  const address = text.trim().replace(ANY_SRT_ADDRESS, 'srt://0.0.0.0');
  return URL.canParse(address) ? new URL(address) : undefined;
}

/** The host without the brackets of an IPv6 address. */
export const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * The parser normalises only the hosts of http addresses (0x7f.1, full-width digits, upper case); this does it for all.
 */
export function canonicalHost(hostname: string): string {
  const text = `http://${hostname}/`;
  const host = URL.canParse(text) ? new URL(text).hostname : '';
  if (host === '') throw new SourceError('invalid', `"${hostname}" is not a host name.`);
  return host;
}

/** Names and repetitions are judged as written, because ffmpeg decodes them in its own way. */
function judgeOptions(url: URL, known: readonly string[]): void {
  const names = optionsOf(url).map(([name]) => name);
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw new SourceError('invalid', `The address has an unknown option: "${stranger}".`);
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new SourceError('invalid', `The address gives the option "${twice}" twice.`);
}

function srtMode(url: URL): string {
  const mode = modeIn(url);
  if (!SRT_MODES.includes(mode)) {
    throw new SourceError(
      'invalid',
      `The option "mode" of an SRT address is one of ${SRT_MODES.join(', ')}.`,
    );
  }
  return mode;
}

const modeIn = (url: URL): string => optionsOf(url).find(([name]) => name === 'mode')?.[1] ?? CALLER;

/** Everything after the first "?", including "#": ffmpeg knows no fragments, and SRT stream ids begin with "#!::". */
const optionsOf = ({ href }: URL): (readonly [string, string])[] =>
  (href.includes('?') ? href.slice(href.indexOf('?') + 1) : '')
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    });
