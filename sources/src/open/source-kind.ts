import { type IncomingMessage, request } from 'node:http';
import { type BodyKind, sniff } from './body.js';

const REDIRECTS = 8;
const ANSWER_TIMEOUT_MS = 20_000;

/**
 * What is at an address, asked through the proxy. ffmpeg may then use this demuxer and no other that opens addresses;
 * demuxers of media open none.
 */
export async function sourceKind(
  { place, user }: { readonly place: string; readonly user: URL },
  proxy: string,
  signal: AbortSignal,
): Promise<BodyKind> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
  let address = `http://${place}`;
  for (let redirects = 0; redirects <= REDIRECTS; redirects += 1) {
    const isOwn = address.startsWith(`http://${place.split('/')[0]}/`);
    const response = await ask(address, proxy, isOwn ? user : undefined, patience);
    const { statusCode, headers } = response;
    if (statusCode === 200 || statusCode === 206) {
      const { kind, bytes } = await sniff(response);
      await bytes.return(undefined);
      response.destroy();
      return kind;
    }
    response.destroy();
    if (headers.location === undefined) break;
    address = headers.location;
  }
  // The server may demand a password that ffmpeg will send; otherwise, let ffmpeg say what is wrong.
  return byName(user.pathname);
}

function ask(
  path: string,
  proxy: string,
  user: URL | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { hostname: host, port, username, password } = new URL(proxy);
  const headers: Record<string, string> = { 'proxy-authorization': basic(username, password) };
  if (user?.username) headers.authorization = basic(user.username, user.password);
  return new Promise((resolve, reject) => {
    request({ host, port, path, headers, agent: false, signal }, resolve).on('error', reject).end();
  });
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${decodeURIComponent(user)}:${decodeURIComponent(password)}`).toString('base64')}`;

function byName(path: string): BodyKind {
  if (/\.m3u8?$/i.test(path)) return 'hls';
  return /\.mpd$/i.test(path) ? 'dash' : 'media';
}
