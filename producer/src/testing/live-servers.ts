import { createHash } from 'node:crypto';
import { createSocket as createUdp, type Socket as UdpSocket } from 'node:dgram';
import { createServer as createTcp, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import type { LiveFilm } from './live-film.js';
import { type KeyPair, listening, PUBLIC_ADDRESS, type TestServer } from './source-servers.js';

interface RtspBehaviour {
  /** It sends media by UDP, and refuses to send it inside of the connection. */
  readonly byUdpOnly?: boolean;
  /** It asks for these by digest (RFC 2617). */
  readonly login?: { readonly user: string; readonly password: string };
}

/** An RTSP server of one stream: MPEG-TS in RTP (RFC 2250); or of a redirect. */
export function rtspServer(
  content: { transportStream: Buffer } | { live: LiveFilm } | { redirect: string },
  { byUdpOnly = false, login, tls }: RtspBehaviour & { readonly tls?: KeyPair } = {},
): Promise<TestServer> {
  const serve = (socket: Socket): void => {
    let text = '';
    let udp: { socket: UdpSocket; port: number } | undefined;
    socket.once('close', () => udp?.socket.close());
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        answer(text.slice(0, end));
        text = text.slice(end + 4);
      }
    });
    const answer = (request: string): unknown => {
      const [method = '', url = ''] = request.split(' ');
      const sequence = /CSeq: *(\d+)/i.exec(request)?.[1];
      const say = (status: string, headers: string[] = [], body = ''): unknown => {
        const length = body ? [`Content-Length: ${body.length}`] : [];
        const head = [`RTSP/1.0 ${status}`, `CSeq: ${sequence}`, ...headers, ...length];
        return socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
      };
      if (method === 'OPTIONS') return say('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN']);
      if ('redirect' in content) return say('302 Moved', [`Location: ${content.redirect}`]);
      if (login && !knows(login, method, request)) {
        return say('401 Unauthorized', ['WWW-Authenticate: Digest realm="cam", nonce="1f2e3d"']);
      }
      if (method === 'DESCRIBE') {
        const sdp =
          'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:track1\r\n';
        return say('200 OK', ['Content-Type: application/sdp', `Content-Base: ${url}/`], sdp);
      }
      if (method === 'SETUP') {
        const port = /client_port=(\d+)/.exec(request)?.[1];
        if (byUdpOnly && port === undefined) return say('461 Unsupported Transport');
        if (port === undefined) {
          return say('200 OK', ['Transport: RTP/AVP/TCP;unicast;interleaved=0-1', 'Session: 12345678']);
        }
        const sending = createUdp('udp4');
        udp = { socket: sending, port: Number(port) };
        sending.bind(0, PUBLIC_ADDRESS, () => {
          const own = sending.address().port;
          // Where media comes from is no word of the server that anybody should trust.
          const where = `client_port=${port}-${Number(port) + 1};server_port=${own}-${own + 1};source=192.0.2.1`;
          say('200 OK', [`Transport: RTP/AVP;unicast;${where}`, 'Session: 12345678']);
        });
        return undefined;
      }
      say('200 OK', ['Session: 12345678']);
      if (method !== 'PLAY') return;
      const far = udp;
      const { remoteAddress } = socket;
      const send = rtpSender(
        far
          ? (packet) => far.socket.send(packet, far.port, remoteAddress)
          : (packet) => interleave(socket, packet),
      );
      if ('live' in content) socket.once('close', content.live.follow(send));
      else send(content.transportStream);
    };
  };
  return listening(tls ? createTls(tls, serve) : createTcp(serve), PUBLIC_ADDRESS);
}

/** RFC 2617 3.2.2.1, without `qop`. */
function knows(
  { user, password }: NonNullable<RtspBehaviour['login']>,
  method: string,
  request: string,
): boolean {
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const said = (name: string): string | undefined => new RegExp(`${name}="([^"]*)"`).exec(request)?.[1];
  const expected = md5(`${md5(`${user}:cam:${password}`)}:1f2e3d:${md5(`${method}:${said('uri')}`)}`);
  return said('username') === user && said('response') === expected;
}

/** An RTMP server that reads a client's `connect` and the `tcUrl` in it. */
export async function rtmpListener(heard: (tcUrl: string) => void): Promise<TestServer> {
  const HANDSHAKE = 1 + 1536 + 1536;
  const server = createTcp((socket) => {
    let bytes = Buffer.alloc(0);
    let greeted = false;
    socket.on('data', (more) => {
      bytes = Buffer.concat([bytes, more]);
      if (!greeted && bytes.length >= 1 + 1536) {
        greeted = true;
        // S0, S1 of nothing but zeros, S2 that repeats C1: the plain handshake.
        socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(1536), bytes.subarray(1, 1 + 1536)]));
      }
      // The connect message in chunks of 128 bytes; each one but the first follows a byte C3.
      const message = bytes.subarray(HANDSHAKE + 12);
      const payload = Buffer.concat(
        Array.from({ length: Math.ceil(message.length / 129) }, (_, i) =>
          message.subarray(i * 129, i * 129 + 128),
        ),
      );
      const key = payload.indexOf('tcUrl');
      if (key < 0 || payload.length < key + 8) return;
      const length = payload.readUInt16BE(key + 6);
      if (payload.length < key + 8 + length) return;
      heard(payload.toString('latin1', key + 8, key + 8 + length));
      socket.destroy();
    });
  });
  return listening(server, PUBLIC_ADDRESS);
}

function interleave(socket: Socket, packet: Buffer): void {
  const head = Buffer.from([0x24, 0, 0, 0]);
  head.writeUInt16BE(packet.length, 2);
  socket.write(Buffer.concat([head, packet]));
}

/** @returns what takes whole packets of MPEG-TS */
function rtpSender(send: (packet: Buffer) => void): (transportStream: Buffer) => void {
  const PAYLOAD = 7 * 188;
  let sequence = 0;
  return (transportStream) => {
    for (let at = 0; at < transportStream.length; at += PAYLOAD, sequence += 1) {
      const head = Buffer.alloc(12);
      head.writeUInt8(0x80, 0);
      head.writeUInt8(33, 1);
      head.writeUInt16BE(sequence & 0xffff, 2);
      head.writeUInt32BE(sequence * 900, 4);
      head.writeUInt32BE(1, 8);
      send(Buffer.concat([head, transportStream.subarray(at, at + PAYLOAD)]));
    }
  };
}
