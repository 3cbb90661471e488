import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '@topicast/test/poll';
import { expect, it } from 'vitest';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';

/** Clients that keep their half of a connection open whatever the gateway does: only a reset, or its end of both, ends one. */
class HalfOpenClients implements Disposable {
  readonly sockets: Socket[] = [];
  /** What each was told. */
  readonly answers = new Map<Socket, string>();

  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async open(says: string): Promise<Socket> {
    const socket = connect({ port: this.#port, host: '127.0.0.1', allowHalfOpen: true });
    this.sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => this.answers.set(socket, (this.answers.get(socket) ?? '') + data));
    await once(socket, 'connect');
    if (says !== '') socket.write(says);
    return socket;
  }

  [Symbol.dispose](): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

const upgrade = (path: string, host: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

async function connectionsOf(gateway: GatewayUnderTest): Promise<number> {
  const text = await (await fetch(gateway.url('/metrics'))).text();
  return Number(/^topicast_gateway_connections (\d+)$/m.exec(text)?.[1]);
}

it.each([
  ['an upgrade of something else', upgrade('/elsewhere', '127.0.0.1'), 404],
  ['an upgrade under a name that is not ours', upgrade('/live/demo', 'evil.example'), 421],
  ['an upgrade to a malformed id', upgrade('/live/NO', '127.0.0.1'), 400],
  ['what is no HTTP', 'hello\r\n\r\n', 400],
  ['headers that never end, or do not begin', 'GET / HTTP/1.1\r\nHost: 127', 408],
])(
  'who is refused for %s keeps no descriptor, though it keeps its half open',
  async (_what, says, status) => {
    await using gateway = await GatewayUnderTest.start();
    using clients = new HalfOpenClients(gateway.port);
    const words = Array.from({ length: 50 }, (_, index) => (status === 408 && index % 2 === 0 ? '' : says));
    const sockets = await Promise.all(words.map((word) => clients.open(word)));
    await until(() => sockets.every((socket) => clients.answers.has(socket)));
    for (const answer of clients.answers.values()) expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    // The request for the metrics is one itself.
    await until(async () => (await connectionsOf(gateway)) <= 1);
  },
);

it('bounds the connections of one address, and counts those that are refused', async () => {
  await using gateway = await GatewayUnderTest.start({ TOPICAST_MAX_VIEWERS_PER_ADDRESS: '1' });
  using clients = new HalfOpenClients(gateway.port);
  const closed: Socket[] = [];
  for (let count = 0; count < 150; count += 1) {
    const socket = await clients.open('');
    socket.on('end', () => closed.push(socket));
  }
  await until(() => closed.length >= 49);
  for (const socket of clients.sockets.slice(0, 20)) socket.destroy();
  await until(async () => {
    const text = await fetch(gateway.url('/metrics')).then(
      (response) => response.text(),
      () => '',
    );
    return Number(/^topicast_gateway_refused_connections_total (\d+)$/m.exec(text)?.[1]) >= 49;
  });
});
