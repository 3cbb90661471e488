import { createServer as createTcp, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import type { LiveFilm } from './live-film.js';
import { type KeyPair, listening, PUBLIC_ADDRESS, type TestServer } from './source-servers.js';

/** An RTSP server of one stream: MPEG-TS in RTP (RFC 2250), inside of the RTSP connection; or of a redirect. */
export function rtspServer(
  behaviour: { transportStream: Buffer } | { live: LiveFilm } | { redirect: string },
  tls?: KeyPair,
): Promise<TestServer> {
  const serve = (socket: Socket): void => {
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        answer(socket, text.slice(0, end));
        text = text.slice(end + 4);
      }
    });
  };
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
    if (method !== 'PLAY') return;
    const send = rtpSender(socket);
    if ('live' in behaviour) socket.once('close', behaviour.live.follow(send));
    else send(behaviour.transportStream);
  };
  return listening(tls ? createTls(tls, serve) : createTcp(serve), PUBLIC_ADDRESS);
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

/** @returns what takes whole packets */
function rtpSender(socket: Socket): (transportStream: Buffer) => void {
  const PAYLOAD = 7 * 188;
  let sequence = 0;
  return (transportStream) => {
    for (let at = 0; at < transportStream.length; at += PAYLOAD, sequence += 1) {
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
  };
}
