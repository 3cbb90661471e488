import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Duplex, Transform } from 'node:stream';
import { PassThrough, pipeline } from 'node:stream';
import { SourceError } from '../source-error.js';
import { CONNECT_TIMEOUT_MS, type Gate } from './gate.js';
import { listenLocally } from './local-server.js';
import { isPlaylist, MarkPlaylist, marked, type ProxyRequest, readProxyRequest } from './marked-url.js';
import { ProxyAccess } from './proxy-access.js';

/** A server that takes longer for the head of its answer has failed. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Those of one connection (RFC 9110 7.6.1), and those that concern the proxy. */
const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['proxy-authorization', 'proxy-authenticate', 'proxy-authentication-info', 'alt-svc', 'host'],
]);

/** An HTTP proxy for one ffmpeg: each of its requests is judged, bodies are passed on as they come. */
export async function startFetchProxy(gate: Gate): Promise<{ url: string } & AsyncDisposable> {
  const access = new ProxyAccess();
  const [plain, secure] = [new GateAgent(gate, false), new GateAgent(gate, true)];
  const server = createServer((incoming, answer) => {
    if (!access.allows(incoming.headers['proxy-authorization'])) {
      return end(answer, 407, { 'proxy-authenticate': ProxyAccess.challenge });
    }
    const wanted = readProxyRequest(incoming.url ?? '');
    if (!wanted) return end(answer, 400);
    if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return end(answer, 405);
    forward(incoming, answer, wanted, wanted.tls ? secure : plain, gate);
  });
  const local = await listenLocally(server);
  return {
    url: access.address(local.port),
    async [Symbol.asyncDispose]() {
      plain.destroy();
      secure.destroy();
      await local[Symbol.asyncDispose]();
    },
  };
}

function forward(
  incoming: IncomingMessage,
  answer: ServerResponse,
  { host, port, tls, path }: ProxyRequest,
  agent: Agent,
  gate: Gate,
): void {
  const authority = host.includes(':') ? `[${host}]` : host;
  const isDefaultPort = port === (tls ? 443 : 80);
  const headers = {
    ...passedOn(incoming),
    host: isDefaultPort ? authority : `${authority}:${port}`,
    // What is compressed cannot be marked.
    'accept-encoding': 'identity',
  };
  const { method } = incoming;
  const outgoing = request({ agent, host, port, method, path, headers, setHost: false });
  outgoing.setTimeout(CONNECT_TIMEOUT_MS + ANSWER_TIMEOUT_MS, () =>
    outgoing.destroy(new Error('Connection timed out')),
  );
  // ffmpeg went away, to another place in the file or for good.
  answer.once('close', () => outgoing.destroy());
  outgoing.once('error', (error) => {
    if (!(error instanceof SourceError)) gate.note(`${host}:${port}: ${error.message}`);
    if (answer.headersSent) answer.destroy();
    else end(answer, error instanceof SourceError && error.code === 'refused' ? 403 : 502);
  });
  outgoing.once('response', (response) => {
    // From now on it is for ffmpeg to say what is too slow: a live stream may pause, and ffmpeg may read slowly.
    outgoing.setTimeout(0);
    const passed = passedOn(response);
    const { location } = response.headers;
    if (location !== undefined) {
      const next = nextAddress(location, `${tls ? 'https' : 'http'}://${authority}:${port}${path}`);
      if (next === undefined) {
        gate.refuse('The source leads to an address that is neither http nor https.');
        return answer.destroy();
      }
      passed.location = next;
    }
    answer.writeHead(response.statusCode ?? 502, passed);
    // Live streams begin with a head that is long before the body.
    answer.flushHeaders();
    pipeline(response, bodyFilter(response), answer, () => undefined);
  });
  outgoing.end();
}

const passedOn = ({ headers }: IncomingMessage): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] => entry[1] !== undefined && !HOP_BY_HOP.has(entry[0]),
    ),
  );

function nextAddress(location: string, from: string): string | undefined {
  if (!URL.canParse(location, from)) return undefined;
  const next = new URL(location, from);
  return next.protocol === 'http:' || next.protocol === 'https:' ? marked(next.href) : undefined;
}

/** Media is passed on untouched. */
function bodyFilter({ headers }: IncomingMessage): Transform {
  const isBegin = /^bytes (?:0-|\*)/.test(headers['content-range'] ?? 'bytes 0-');
  const isPlain = (headers['content-encoding'] ?? 'identity') === 'identity';
  return isBegin && isPlain ? new PlaylistOrMedia(headers['content-type']) : new PassThrough();
}

/** Decides by the first bytes of a body. */
class PlaylistOrMedia extends MarkPlaylist {
  #isPlaylist: boolean | undefined;

  constructor(private readonly contentType: string | undefined) {
    super();
  }

  override _transform(bytes: Buffer, encoding: unknown, done: (error: null, bytes?: Buffer) => void): void {
    this.#isPlaylist ??= isPlaylist(this.contentType, bytes);
    if (this.#isPlaylist) super._transform(bytes, encoding, done);
    else done(null, bytes);
  }
}

function end(answer: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  answer.writeHead(status, { 'content-length': '0', ...headers }).end();
}

/** Connections by way of the gate, kept for the next request to the same place. */
class GateAgent extends Agent {
  constructor(
    private readonly gate: Gate,
    private readonly tls: boolean,
  ) {
    super({ keepAlive: true, maxFreeSockets: 8, timeout: 30_000 });
  }

  override createConnection(
    options: { host?: string; port?: number | string },
    done: (error: Error | null, socket?: Duplex) => void,
  ): undefined {
    const target = { host: options.host ?? '', port: Number(options.port), tls: this.tls };
    this.gate.connect(target).then(
      (socket) => done(null, socket),
      (error: Error) => done(error),
    );
  }
}
