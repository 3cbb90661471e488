import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/**
 * Many viewers in one process, for little CPU: sockets that speak just enough WebSocket (RFC 6455 5.2) to count bytes
 * and answer pings. Run as `node viewers.js PORT PATH COUNT`; reports through its IPC channel.
 */
const [port, path, count] = process.argv.slice(2);
let received = 0;
let open = 0;
const sockets: Socket[] = [];

for (let i = 0; i < Number(count); i++) {
  await new Promise<void>((resolve, reject) => sockets.push(viewer(resolve, reject)));
}
process.send?.({ open });
process.on('message', () => {
  process.send?.({ open, received });
  received = 0;
});
process.on('disconnect', () => process.exit(0));

function viewer(opened: () => void, failed: (error: Error) => void): Socket {
  const socket = connect(Number(port), '127.0.0.1');
  let shaken = false;
  let head = Buffer.alloc(0);
  let skip = 0;
  socket.on('error', failed);
  socket.on('close', () => open--);
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  socket.on('data', (data: Buffer) => {
    received += data.byteLength;
    let bytes = data;
    if (!shaken) {
      head = Buffer.concat([head, data]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!head.toString('latin1').startsWith('HTTP/1.1 101'))
        return failed(new Error(head.toString('latin1', 0, 80)));
      shaken = true;
      open++;
      opened();
      bytes = head.subarray(end + 4);
      head = Buffer.alloc(0);
    }
    let at = 0;
    while (at < bytes.byteLength) {
      if (skip > 0) {
        const step = Math.min(skip, bytes.byteLength - at);
        skip -= step;
        at += step;
        continue;
      }
      const chunk: Buffer =
        head.byteLength > 0 ? Buffer.concat([head, bytes.subarray(at)]) : bytes.subarray(at);
      const frame = parseHead(chunk);
      if (!frame || (frame.opcode === 9 && chunk.byteLength < frame.at + frame.length)) {
        head = Buffer.from(chunk);
        return;
      }
      if (frame.opcode === 9) {
        const payload = chunk.subarray(frame.at, frame.at + frame.length);
        // A mask of zeros leaves the payload as it is.
        socket.write(Buffer.concat([Buffer.from([0x8a, 0x80 | frame.length, 0, 0, 0, 0]), payload]));
      }
      at += frame.at - head.byteLength;
      head = Buffer.alloc(0);
      skip = frame.length;
    }
  });
  return socket;
}

function parseHead(bytes: Buffer): { opcode: number; length: number; at: number } | undefined {
  if (bytes.byteLength < 2) return undefined;
  const opcode = bytes[0]! & 0x0f;
  const short = bytes[1]! & 0x7f;
  if (short < 126) return { opcode, length: short, at: 2 };
  if (short === 126)
    return bytes.byteLength < 4 ? undefined : { opcode, length: bytes.readUInt16BE(2), at: 4 };
  return bytes.byteLength < 10 ? undefined : { opcode, length: Number(bytes.readBigUInt64BE(2)), at: 10 };
}
