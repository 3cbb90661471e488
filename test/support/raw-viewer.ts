import { WebSocket } from 'ws';
import { until } from './poll.js';

interface RawViewer {
  readonly socket: WebSocket;
  /** All bytes so far. */
  bytes(): Buffer;
  untilBytes(count: number): Promise<Buffer>;
  close(): void;
}

/** A client that knows nothing of Topicast: binary messages of MPEG-TS, pongs by its library. */
export async function rawViewer(address: string): Promise<RawViewer> {
  const socket = new WebSocket(address);
  const parts: Buffer[] = [];
  socket.on('message', (data: Buffer) => parts.push(data));
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const bytes = () => Buffer.concat(parts);
  return {
    socket,
    bytes,
    async untilBytes(count) {
      await until(
        `${count} bytes have come`,
        () => parts.reduce((sum, part) => sum + part.byteLength, 0) >= count,
      );
      return bytes();
    },
    close: () => socket.terminate(),
  };
}
