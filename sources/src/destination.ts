import { protocolOf } from './protocols.js';
import { SourceError } from './source-error.js';
import { bare, isCalled, judgeUrl } from './source-url.js';

/** Where a stream is sent on to, as somebody has named it. */
interface NamedDestination {
  readonly url: string;
  /** For RTMP; if absent, it is at the end of the address. */
  readonly key?: string | undefined;
}

export interface RtmpDestination {
  readonly kind: 'rtmp';
  readonly target: { readonly host: string; readonly port: number; readonly tls: boolean };
  /** The address of the application, as the server is told it. */
  readonly server: string;
  readonly application: string;
  /** Secret. */
  readonly key: string;
  /** Every address that it leads to must be judged before it is connected to: see open/. */
  readonly fenced: boolean;
}

export interface SrtDestination {
  readonly kind: 'srt';
  /** The query has secrets. */
  readonly url: string;
  readonly host: string;
  readonly fenced: boolean;
}

/** A destination that has passed every check that needs no network. */
export type JudgedDestination = RtmpDestination | SrtDestination;

const SCHEMES = /^(?:rtmps?|srt):\/\//i;
/** What RTMP can carry as a name, and a person can have copied from somewhere. */
const KEY = /^[\x21-\x7e]{1,2048}$/;

/**
 * The one place that judges where streams may be sent on to.
 * @throws {SourceError} `invalid`, or `refused` for what needs permission
 */
export function judgeDestination(
  { url: text, key }: NamedDestination,
  { allowPrivate }: { readonly allowPrivate: boolean },
): JudgedDestination {
  if (!SCHEMES.test(text.trim())) {
    throw new SourceError('invalid', 'The address must begin with rtmp://, rtmps:// or srt://.');
  }
  const { url: judged, protocol } = judgeUrl(text, { allowPrivate });
  const url = new URL(judged);
  const fenced = !allowPrivate;
  if (url.username !== '' || url.password !== '') {
    throw new SourceError(
      'invalid',
      'The address has a user name in it, which is not supported: use an address with a stream key.',
    );
  }
  if (protocol === 'srt') {
    if (!isCalled(judged))
      throw new SourceError('invalid', 'An SRT destination is called: leave out the mode.');
    if (key !== undefined) {
      throw new SourceError('invalid', 'SRT has no stream key: put streamid=... into the address.');
    }
    return { kind: 'srt', url: judged, host: bare(url.hostname), fenced };
  }
  const { port, tls } = protocolOf(protocol);
  const target = { host: bare(url.hostname), port: Number(url.port || port), tls };
  const { application, name } = splitPath(url, key?.trim());
  const server = `${url.protocol}//${url.host}/${application}`;
  return { kind: 'rtmp', target, server, application, key: name, fenced };
}

/** The address without what is secret: the options of SRT, and whatever an application has behind its name. */
export function shownDestination(destination: JudgedDestination): string {
  const address = destination.kind === 'rtmp' ? destination.server : destination.url;
  const query = address.indexOf('?');
  return query < 0 ? address : address.slice(0, query);
}

/** The key is the last part of the path, with the query, unless it was given by itself. */
function splitPath(
  { pathname, search }: URL,
  key: string | undefined,
): { readonly application: string; readonly name: string } {
  const path = pathname.replace(/^\/|\/$/g, '');
  const slash = path.lastIndexOf('/');
  const [application, name] =
    key === undefined
      ? [path.slice(0, Math.max(0, slash)), path.slice(slash + 1) + search]
      : [path + search, key];
  if (application === '') {
    throw new SourceError(
      'invalid',
      'The address needs an application and a stream key, as in rtmp://host/app/key, or the key in its own field.',
    );
  }
  if (!KEY.test(name)) {
    throw new SourceError('invalid', 'The stream key has characters in it that no key has: copy it again.');
  }
  return { application, name };
}
