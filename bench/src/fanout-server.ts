import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds, ticks90k } from '@topicast/contracts/units';
import { startServices } from '@topicast/test/services';
import { WebSocketServer } from 'ws';

/**
 * One server to be measured, in a process of its own: `gateway` (ours, with its log) or `naive` (`ws.send` to each
 * viewer). Both send the same chunks: 66 packets, 30 a second. Answers each message with its CPU time so far.
 */
const CHUNK = new Uint8Array(66 * 188).fill(0x47);
const FRAME_RATE = 30;
const [mode] = process.argv.slice(2);

const { port, publish } = mode === 'naive' ? await naive() : await gateway();
process.send?.({ port });
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 });
});
process.on('disconnect', () => process.exit(0));
const began = performance.now();
for (let n = 0; ; n++) {
  const wait = began + (n * 1000) / FRAME_RATE - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  publish(n);
}

async function gateway(): Promise<{ port: number; publish: (n: number) => void }> {
  const services = await startServices();
  const id = streamId('bench');
  const { status } = await services.api('POST', '/api/streams', { id, source: { kind: 'topic' } });
  if (status !== 201) throw new Error(`the stream could not be made: ${status}`);
  const session = Date.now();
  return {
    port: services.gateway.port,
    publish(n) {
      const header = {
        keyframe: n % 30 === 0,
        discontinuity: n === 0,
        audioOnly: false,
        sinceKeyframe: n % 30,
        sequence: n,
        session,
        decodeTime: ticks90k(n * 3000),
        wallClock: milliseconds(Date.now()),
        presentationOffset: ticks90k(0),
      };
      services.log.append(id, 0, [{ header, value: CHUNK }]).catch(() => process.exit(1));
    },
  };
}

async function naive(): Promise<{ port: number; publish: (n: number) => void }> {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    port: (http.address() as AddressInfo).port,
    publish() {
      for (const client of server.clients) client.send(CHUNK);
    },
  };
}
