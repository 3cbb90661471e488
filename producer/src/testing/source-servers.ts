import {
  createServer as createHttp,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import type { Network } from '@topicast/sources/open';

/** Stands for the internet; both are of this machine, and need no rights. */
export const PUBLIC_ADDRESS = '127.0.0.2';
export const PRIVATE_ADDRESS = '127.0.0.1';

/** Names and addresses of a small world. `turning.example` is public when it is first asked for, and private afterwards. */
export function testNetwork(certificateAuthorities?: string): Network {
  let asked = 0;
  const names: Record<string, () => string> = {
    'public.example': () => PUBLIC_ADDRESS,
    'private.example': () => PRIVATE_ADDRESS,
    'turning.example': () => (asked++ === 0 ? PUBLIC_ADDRESS : PRIVATE_ADDRESS),
  };
  return {
    resolve: async (host) => {
      const address = names[host]?.();
      if (address === undefined) throw new Error('ENOTFOUND');
      return [address];
    },
    isPublic: (address) => address === PUBLIC_ADDRESS,
    ...(certificateAuthorities !== undefined && { certificateAuthorities }),
  };
}

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** Connections so far. */
  readonly reached: () => number;
}

async function listening(server: Server, address: string): Promise<TestServer> {
  const sockets = new Set<Socket>();
  let reached = 0;
  server.on('connection', (socket) => {
    reached += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen({ host: address, port: 0 }, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    reached: () => reached,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

export const httpServer = (handler: Handler, address = PUBLIC_ADDRESS): Promise<TestServer> =>
  listening(createHttp(handler), address);

export const httpsServer = (handler: Handler, tls: { key: string; cert: string }): Promise<TestServer> =>
  listening(createHttps(tls, handler) as unknown as HttpServer, PUBLIC_ADDRESS);

/** Takes connections and says nothing: what must never be reached. */
export const privateServer = (): Promise<TestServer> => listening(createTcp(), PRIVATE_ADDRESS);

/** An RTSP server of one stream: MPEG-TS in RTP (RFC 2250), inside of the RTSP connection; or of a redirect. */
export function rtspServer(
  behaviour: { transportStream: Buffer } | { redirect: string },
): Promise<TestServer> {
  const server = createTcp((socket) => {
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        answer(socket, text.slice(0, end));
        text = text.slice(end + 4);
      }
    });
  });
  const answer = (socket: Socket, request: string): unknown => {
    const [method = '', url = ''] = request.split(' ');
    const sequence = /CSeq: *(\d+)/i.exec(request)?.[1];
    const say = (status: string, headers: string[] = [], body = ''): unknown => {
      const length = body ? [`Content-Length: ${body.length}`] : [];
      const head = [`RTSP/1.0 ${status}`, `CSeq: ${sequence}`, ...headers, ...length];
      return socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    };
    if (method === 'OPTIONS') return say('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN']);
    if ('redirect' in behaviour) return say('302 Moved', [`Location: ${behaviour.redirect}`]);
    if (method === 'DESCRIBE') {
      const sdp =
        'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:track1\r\n';
      return say('200 OK', ['Content-Type: application/sdp', `Content-Base: ${url}/`], sdp);
    }
    if (method === 'SETUP') {
      return say('200 OK', ['Transport: RTP/AVP/TCP;unicast;interleaved=0-1', 'Session: 12345678']);
    }
    say('200 OK', ['Session: 12345678']);
    return method === 'PLAY' && sendRtp(socket, behaviour.transportStream);
  };
  return listening(server, PUBLIC_ADDRESS);
}

function sendRtp(socket: Socket, transportStream: Buffer): void {
  const PAYLOAD = 7 * 188;
  for (let at = 0, sequence = 0; at < transportStream.length; at += PAYLOAD, sequence += 1) {
    const payload = transportStream.subarray(at, at + PAYLOAD);
    const head = Buffer.alloc(16);
    head.write('$', 0);
    head.writeUInt16BE(12 + payload.length, 2);
    head.writeUInt8(0x80, 4);
    head.writeUInt8(33, 5);
    head.writeUInt16BE(sequence & 0xffff, 6);
    head.writeUInt32BE(sequence * 900, 8);
    head.writeUInt32BE(1, 12);
    socket.write(Buffer.concat([head, payload]));
  }
}
