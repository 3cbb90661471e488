import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Catalog } from '@topicast/contracts/catalog';
import { encodeChunkMessage } from '@topicast/contracts/chunk-message';
import { type ServerMessage, SUBPROTOCOL } from '@topicast/contracts/server-message';
import { milliseconds } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';
import { type WebSocket, WebSocketServer } from 'ws';

const TICK_MS = 10;

/** Serves chunks of several renditions at the pace of their decode times, as PROTOCOL 4 says, to well-behaved viewers. */
export async function serveRenditions(renditions: readonly (readonly Chunk[])[], catalog: Catalog) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => SUBPROTOCOL });
  await once(server, 'listening');
  const startedAt = Date.now();
  const first = renditions[0]?.[0]?.decodeTime ?? 0;
  const wallClockOf = ({ decodeTime }: Chunk) => startedAt + (decodeTime - first) / 90;
  const viewers = new Set<{ pump(): void }>();
  const timer = setInterval(() => {
    for (const viewer of viewers) viewer.pump();
  }, TICK_MS);

  server.on('connection', (socket, request) => {
    const asked = new URL(request.url ?? '', 'ws://localhost').searchParams.get('rendition');
    const viewer = serve(socket, Number(asked ?? 0));
    viewers.add(viewer);
    socket.on('close', () => viewers.delete(viewer));
  });

  function serve(socket: WebSocket, asked: number) {
    let rendition = asked;
    let wanted: number | undefined;
    const isDue = (chunk: Chunk) => wallClockOf(chunk) <= Date.now();
    let next = (renditions[rendition] ?? []).findLastIndex((chunk) => chunk.keyframe && isDue(chunk));
    const say = (message: ServerMessage) => socket.send(JSON.stringify(message));
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type === 'rendition') wanted = message.to;
      if (message.type === 'clock') {
        say({ type: 'clock', client: message.client, gateway: milliseconds(Date.now()) });
      }
    });
    say({ type: 'state', state: 'live' });
    say({ type: 'catalog', catalog });
    return {
      pump() {
        for (;;) {
          const chunk = renditions[rendition]?.[next];
          if (!chunk || !isDue(chunk)) return;
          const other = wanted === undefined ? undefined : renditions[wanted];
          const at = other?.findIndex((each) => each.keyframe && each.decodeTime === chunk.decodeTime) ?? -1;
          if (wanted !== undefined && chunk.keyframe && at >= 0) {
            rendition = wanted;
            next = at;
            wanted = undefined;
            say({ type: 'rendition', rendition });
          }
          send();
          next += 1;
        }
      },
    };

    function send(): void {
      const { data, start: _, ...chunk } = renditions[rendition]![next]!;
      const wallClock = milliseconds(wallClockOf(renditions[rendition]![next]!));
      const header = { ...chunk, session: catalog.session, sequence: next, wallClock, gop: 0 };
      const offset = next + 1000 * rendition;
      socket.send(encodeChunkMessage({ asksForAck: false, rendition, offset, part: 0, header, data }));
    }
  }

  return {
    address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/live/demo`,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}
