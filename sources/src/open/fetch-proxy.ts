import { createServer, type ServerResponse } from 'node:http';
import type { BodyKind } from './body.js';
import { forward } from './forward.js';
import type { Gate } from './gate.js';
import { GateAgent } from './gate-agent.js';
import { listenLocally } from './local-server.js';
import { readProxyRequest } from './marked-url.js';
import { PlaylistAddresses } from './playlist-addresses.js';
import { ProxyAccess } from './proxy-access.js';

/** Longer than segments are. */
const KEEP_ALIVE_MS = 60_000;

interface FetchProxy extends AsyncDisposable {
  /** With the password. */
  readonly url: string;
  /** The body at the source's own address must be of this kind; otherwise it is not passed on. */
  expect(source: string, kind: BodyKind): void;
}

/** An HTTP proxy for one ffmpeg. It judges each request, and passes on bodies as they come. */
export async function startFetchProxy(gate: Gate): Promise<FetchProxy> {
  const access = new ProxyAccess();
  const agents = { plain: new GateAgent(gate, false), secure: new GateAgent(gate, true) };
  const playlists = new PlaylistAddresses();
  const server = createServer((incoming, answer) => {
    if (!access.allows(incoming.headers['proxy-authorization'])) {
      return end(answer, 407, { 'proxy-authenticate': ProxyAccess.challenge });
    }
    const wanted = readProxyRequest(incoming.url ?? '');
    if (!wanted) return end(answer, 400);
    if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return end(answer, 405);
    forward(incoming, answer, wanted, { gate, agents, playlists });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const local = await listenLocally(server);
  return {
    url: access.address(local.port),
    expect: (source, kind) => playlists.expect(source, kind),
    async [Symbol.asyncDispose]() {
      agents.plain.destroy();
      agents.secure.destroy();
      await local[Symbol.asyncDispose]();
    },
  };
}

function end(answer: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  answer.writeHead(status, { 'content-length': '0', ...headers }).end();
}
