import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { CloseCode } from '@topicast/contracts/close-codes';
import { streamId } from '@topicast/contracts/stream-id';
import { bytes, milliseconds } from '@topicast/contracts/units';
import { until } from '@topicast/test/poll';
import { expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { GatewayMetrics } from '../metrics/metrics.js';
import { Batches } from '../stream/batches.js';
import type { ChunkSource } from '../stream/chunk-source.js';
import { Ring } from '../stream/ring.js';
import { SyncGroups } from '../sync/groups.js';
import { fedChunk } from '../testing/chunks.js';
import { TestViewer } from '../testing/test-viewer.js';
import { ViewerConnection } from './connection.js';

/** Large chunks that are there already, enough to fill a connection that nobody reads. */
function fullSource(): ChunkSource {
  const window = new Ring({ span: milliseconds(60_000), bytes: bytes(1e9) });
  window.caughtUp = true;
  for (let offset = 0; offset < 100; offset += 1) {
    const arrival = milliseconds(performance.now());
    window.push(fedChunk(offset, { keyframe: offset === 0, packets: 1_000, arrival }));
  }
  const batches = new Batches(window);
  return {
    rendition: 0,
    window,
    delays: undefined,
    frames: (protocol, from, to) => batches.frames(protocol, from, to),
    partOf: (index) => window.at(index).frame,
    subscribe: () => undefined,
    unsubscribe: () => undefined,
  };
}

it.each([
  ['pings', (viewer: TestViewer) => viewer.ping('I am alive')],
  ['asks for the time', (viewer: TestViewer) => viewer.send({ type: 'clock', client: 1 })],
  [
    'acknowledges what it did not get',
    (viewer: TestViewer) => viewer.send({ type: 'ack', position: '0.1.99.0' }),
  ],
])('a viewer that %s but never reads loses its seat', async (_what, say) => {
  const http = createServer();
  const webSockets = new WebSocketServer({ noServer: true, closeTimeout: 200 } as object);
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const accepted = new Promise<[WebSocket, Socket]>((resolve) => {
    http.on('upgrade', (request, socket, head) => {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => resolve([webSocket, socket as Socket]));
    });
  });
  using viewer = new TestViewer(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/`, {
    acknowledges: false,
  });
  try {
    const [webSocket, socket] = await accepted;
    await viewer.opened();
    viewer.pause();
    const metrics = new GatewayMetrics();
    const connection = new ViewerConnection({
      webSocket,
      socket,
      stream: streamId('demo'),
      protocol: 'v1',
      pace: 'prompt',
      source: fullSource(),
      openRendition: async () => 'missing',
      destination: 'live',
      expiresAt: undefined,
      messagesPerSecond: 1_000,
      metrics,
      groups: new SyncGroups(() => undefined),
    });
    connection.start({ state: 'live', catalog: undefined, isOtherRendition: false, offers: false });
    const startedAt = performance.now();
    for (let second = 0; second <= 31; second += 1) {
      say(viewer);
      await new Promise((resolve) => setTimeout(resolve, 10));
      connection.tick(milliseconds(startedAt + second * 1_000));
    }
    await until(() => socket.destroyed);
    expect(await metrics.registry.metrics()).toContain(
      `topicast_gateway_closes_total{code="${CloseCode.heartbeatTimeout}"} 1\n`,
    );
  } finally {
    http.close();
    webSockets.close();
  }
});
