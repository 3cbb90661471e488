import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { SourceError } from '../source-error.js';
import { askedFrom, beginsAsAsked } from './asked-range.js';
import { sniff, wholePlaylist } from './body.js';
import { fencedManifest } from './dash-manifest.js';
import { CONNECT_TIMEOUT_MS, type Gate } from './gate.js';
import type { GateAgent } from './gate-agent.js';
import { fencedPlaylist } from './hls-playlist.js';
import { marked, type ProxyRequest } from './marked-url.js';
import type { PlaylistAddresses } from './playlist-addresses.js';

/** A server that takes longer to send the head of its answer has failed. */
const ANSWER_TIMEOUT_MS = 10_000;
/**
 * Headers of a single connection (RFC 9110 7.6.1), of the proxy, and those that would change the body behind our back:
 * ffmpeg removes titles from bodies with `icy-metaint`.
 */
const NOT_PASSED_ON = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['proxy-authorization', 'proxy-authenticate', 'proxy-authentication-info', 'alt-svc', 'host'],
  ...['icy-metadata', 'icy-metaint'],
]);

interface Forwarding {
  readonly gate: Gate;
  readonly agents: { readonly plain: GateAgent; readonly secure: GateAgent };
  readonly playlists: PlaylistAddresses;
}

/** Send ffmpeg's request to the server, and pass on the answer as it comes. */
export function forward(
  incoming: IncomingMessage,
  answer: ServerResponse,
  wanted: ProxyRequest,
  context: Forwarding,
): void {
  const { gate, agents } = context;
  const { host, port, tls, path } = wanted;
  const headers = { ...passedOn(incoming), host: authorityOf(wanted), 'accept-encoding': 'identity' };
  const { method } = incoming;
  const agent = tls ? agents.secure : agents.plain;
  const outgoing = request({ agent, host, port, method, path, headers, setHost: false });
  outgoing.setTimeout(CONNECT_TIMEOUT_MS + ANSWER_TIMEOUT_MS, () =>
    outgoing.destroy(new Error('Connection timed out')),
  );
  // ffmpeg has closed the connection, to read elsewhere in the file or to end.
  answer.once('close', () => outgoing.destroy());
  outgoing.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNRESET' && outgoing.reusedSocket && !answer.headersSent && !answer.destroyed) {
      // The server has just closed an idle connection. There are few of those; after them, a new one is opened.
      forward(incoming, answer, wanted, context);
    } else fail(answer, error, wanted, gate);
  });
  outgoing.once('response', (response) => {
    // From now on ffmpeg decides what is too slow: a live stream may pause, and ffmpeg may read slowly.
    outgoing.setTimeout(0);
    pass(response, incoming, answer, wanted, context).catch((error: Error) => {
      response.destroy();
      fail(answer, error, wanted, gate);
    });
  });
  outgoing.end();
}

async function pass(
  response: IncomingMessage,
  { method, headers: { range } }: IncomingMessage,
  answer: ServerResponse,
  wanted: ProxyRequest,
  { gate, playlists }: Forwarding,
): Promise<void> {
  const headers = passedOn(response);
  const status = response.statusCode ?? 502;
  const { location } = response.headers;
  if (location !== undefined) {
    headers.location = nextAddress(location, wanted, gate);
    playlists.redirected(wanted, headers.location);
  }
  if (method === 'HEAD' || isError(status)) {
    answer.writeHead(status, headers);
    pipeline(response, answer, () => undefined);
    return;
  }
  if (location !== undefined && status >= 300 && status < 400) {
    // A redirect that this ffmpeg does not know (the one of 2018 does not know 308) would make it read the body.
    response.resume();
    answer.writeHead(status, { ...headers, 'content-length': '0' }).end();
    return;
  }
  // ffmpeg reads the body of every other answer, whatever its status and its headers say, so we look at it too.
  if ((response.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new Error('the answer is compressed although we did not ask for that');
  }
  const asked = askedFrom(range);
  if (!beginsAsAsked(asked, status, response.headers['content-range'])) {
    throw new Error('the answer is another part of the file than the one that we asked for');
  }
  const body = await sniff(response);
  if (body.kind !== 'media' && asked !== 0) throw new Error('the rest of a file is a playlist');
  if (!playlists.agree(wanted, body.kind))
    throw new Error('the answer is no longer a playlist of the same kind');
  if (body.kind === 'media') {
    answer.writeHead(status, headers);
    // In live streams, the head comes long before the body.
    answer.flushHeaders();
    pipeline(body.bytes, answer, () => undefined);
    return;
  }
  const text = await wholePlaylist(body.bytes);
  const fenced = Buffer.from(
    await (body.kind === 'hls' ? fencedPlaylist(text, urlOf(wanted)) : fencedManifest(text)),
  );
  const { 'content-range': _, 'accept-ranges': __, ...rest } = headers;
  const own = { 'content-type': PLAYLIST_TYPES[body.kind], 'content-length': String(fenced.length) };
  answer.writeHead(200, { ...rest, ...own }).end(fenced);
}

/** Newer versions of ffmpeg take no playlist without its ending in the address, unless the server calls it one. */
const PLAYLIST_TYPES = { hls: 'application/vnd.apple.mpegurl', dash: 'application/dash+xml' } as const;

/** ffmpeg reads no body behind these, and behind all others it does. */
const isError = (status: number): boolean => status >= 400 && status < 600;

function fail(answer: ServerResponse, error: Error, { host, port }: ProxyRequest, gate: Gate): void {
  const isRefused = error instanceof SourceError && error.code === 'refused';
  if (isRefused) gate.refuse(error.message);
  else if (!(error instanceof SourceError)) gate.note(`${host}:${port}: ${error.message}`);
  if (answer.headersSent) answer.destroy();
  else answer.writeHead(isRefused ? 403 : 502, { 'content-length': '0' }).end();
}

const passedOn = ({ headers }: IncomingMessage): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] => entry[1] !== undefined && !NOT_PASSED_ON.has(entry[0]),
    ),
  );

const authorityOf = ({ host, port, tls }: ProxyRequest): string => {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === (tls ? 443 : 80) ? name : `${name}:${port}`;
};

const urlOf = (wanted: ProxyRequest): string =>
  `${wanted.tls ? 'https' : 'http'}://${authorityOf(wanted)}${wanted.path}`;

/** @throws {SourceError} */
function nextAddress(location: string, wanted: ProxyRequest, gate: Gate): string {
  const next = URL.canParse(location, urlOf(wanted)) ? new URL(location, urlOf(wanted)) : undefined;
  if (next?.protocol === 'http:' || next?.protocol === 'https:') return marked(next.href);
  throw gate.refuse('The source leads to an address that is neither http nor https.');
}
