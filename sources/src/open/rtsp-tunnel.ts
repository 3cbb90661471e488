import { createServer, type Socket } from 'node:net';
import { pipeline, Transform, type Writable } from 'node:stream';
import { protocolOf } from '../protocols.js';
import type { Gate, Target } from './gate.js';
import { listenLocally } from './local-server.js';
import { readProxyRequest } from './marked-url.js';
import { ProxyAccess } from './proxy-access.js';
import { RtspUdp } from './rtsp-udp.js';

const LONGEST_HEAD = 16_384;
const HEAD_TIMEOUT_MS = 10_000;

interface Head {
  readonly method: string;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  /** The bytes after the head. */
  readonly rest: Buffer;
}

/**
 * RTSP for one ffmpeg that speaks it inside HTTP, with us as its proxy (Apple's "Tunnelling RTSP and RTP through
 * HTTP"). The answer to a GET carries everything that the server says, and a POST carries everything that ffmpeg says,
 * in base64. So ffmpeg names to us each place that it wants to go to, even after a redirect; we connect there with
 * plain RTSP or with TLS.
 */
export async function startRtspTunnel(gate: Gate, first: Target): Promise<{ url: string } & AsyncDisposable> {
  const access = new ProxyAccess();
  /** What takes the words for a server, by the cookie that the two requests of a tunnel share. */
  const servers = new Map<string, Writable>();
  const server = createServer((near) => {
    near.setNoDelay(true);
    near.on('error', () => undefined);
    readHead(near).then(
      (head) => serve(near, head),
      () => near.destroy(),
    );
  });

  async function serve(near: Socket, { method, url, headers, rest }: Head): Promise<void> {
    if (!access.allows(headers.get('proxy-authorization'))) {
      return end(
        near,
        '407 Proxy Authentication Required',
        `Proxy-Authenticate: ${ProxyAccess.challenge}\r\n`,
      );
    }
    const wanted = readProxyRequest(url);
    const cookie = headers.get('x-sessioncookie');
    if (!wanted || cookie === undefined) return end(near, '400 Bad Request');
    if (method === 'GET') return answer(near, cookie, withTls(wanted, first));
    const far = servers.get(cookie);
    if (!far) return end(near, '404 Not Found');
    // ffmpeg 4 asks so if the address has a password, and says nothing before it is told to.
    if (headers.has('expect')) near.write('HTTP/1.1 100 Continue\r\n\r\n');
    const decoder = new FromBase64();
    decoder.write(rest);
    pipeline(near, decoder, far, () => far.destroy());
  }

  async function answer(near: Socket, cookie: string, target: Target): Promise<void> {
    try {
      const far = await gate.connect(target);
      near.write(
        'HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\nCache-Control: no-store\r\n\r\n',
      );
      // Media by UDP would not be encrypted.
      const udp = target.tls
        ? undefined
        : new RtspUdp(far, (problem) => gate.note(`${target.host}:${target.port}: ${problem}`));
      const end = (): void => {
        servers.delete(cookie);
        udp?.[Symbol.dispose]();
        far.destroy();
        near.destroy();
      };
      servers.set(cookie, udp?.requests ?? far);
      if (!udp) {
        pipeline(far, near, end);
        return;
      }
      pipeline(far, udp.answers, near, end);
      pipeline(udp.requests, far, end);
    } catch {
      // The gate knows why.
      end(near, '502 Bad Gateway');
    }
  }

  const local = await listenLocally(server);
  return { url: access.address(local.port), [Symbol.asyncDispose]: () => local[Symbol.asyncDispose]() };
}

/** The tunnel's requests do not say whether the address was rtsps; the first named place, and the port, do. */
const withTls = ({ host, port, tls }: Target, first: Target): Target => {
  const isFirst = host === first.host && port === first.port;
  return { host, port, tls: isFirst ? first.tls : tls || port === protocolOf('rtsps').port };
};

function end(near: Socket, status: string, headers = ''): void {
  near.end(`HTTP/1.1 ${status}\r\n${headers}Content-Length: 0\r\nConnection: close\r\n\r\n`);
}

/** Not with Node's parser, because the body of the POST is longer than its head announces. */
function readHead(near: Socket): Promise<Head> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const fail = (): void => reject(new Error('no request head arrived'));
    const timer = setTimeout(fail, HEAD_TIMEOUT_MS);
    const onData = (more: Buffer): void => {
      bytes = Buffer.concat([bytes, more]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0 && bytes.length < LONGEST_HEAD) return;
      clearTimeout(timer);
      near.pause();
      near.off('data', onData);
      const [first = '', ...lines] = bytes.toString('latin1', 0, Math.max(end, 0)).split('\r\n');
      const [, method, url] = /^(GET|POST) (\S+) HTTP\/1\.[01]$/.exec(first) ?? [];
      if (method === undefined || url === undefined) {
        fail();
        return;
      }
      const headers = new Map(
        lines.map((line) => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
        }),
      );
      resolve({ method, url, headers, rest: bytes.subarray(end + 4) });
    };
    near.on('data', onData);
    near.once('close', () => {
      clearTimeout(timer);
      fail();
    });
  });
}

/** ffmpeg encodes each message separately, so padding can be anywhere. */
class FromBase64 extends Transform {
  #rest = '';

  override _transform(bytes: Buffer, _encoding: unknown, done: (error: null, bytes?: Buffer) => void): void {
    const text = this.#rest + bytes.toString('latin1').replace(/[^A-Za-z0-9+/=]/g, '');
    const whole = text.length - (text.length % 4);
    this.#rest = text.slice(whole);
    const groups = text.slice(0, whole).match(/.{4}/g) ?? [];
    done(null, Buffer.concat(groups.map((group) => Buffer.from(group, 'base64'))));
  }
}
