import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { openUdpPair } from './udp-pair.js';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

async function socketAt(address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

it('listens to its peer, and to nobody else', async () => {
  const [peer, stranger] = [await socketAt('127.0.0.2'), await socketAt('127.0.0.3')];
  const heard: string[] = [];
  using pair = await openUdpPair({ own: '127.0.0.1', peer: '127.0.0.2' }, (payload, kind) =>
    heard.push(`${kind} ${payload}`),
  );
  expect(pair.port % 2).toBe(0);
  stranger.send('lie', pair.port, '127.0.0.1');
  stranger.send('lie', pair.port + 1, '127.0.0.1');
  peer.send('picture', pair.port, '127.0.0.1');
  peer.send('times', pair.port + 1, '127.0.0.1');
  await expect.poll(() => heard.toSorted()).toEqual(['media picture', 'report times']);
});

it('greets its peer, so that routers on the way let the answers through', async () => {
  const [media, reports] = [await socketAt('127.0.0.2'), await socketAt('127.0.0.2')];
  using pair = await openUdpPair({ own: '127.0.0.1', peer: '127.0.0.2' }, () => undefined);
  const greeted = Promise.all([once(media, 'message'), once(reports, 'message')]);
  pair.greet([media.address().port, reports.address().port]);
  const [[first, from], [second]] = await greeted;
  expect(from.port).toBe(pair.port);
  expect([first[0] >> 6, second[0] >> 6]).toEqual([2, 2]);
});

it('takes other ports if these are taken', async () => {
  const turns = [0.25, 0.25, 0.5];
  const random = (): number => turns.shift() ?? 0.75;
  const ends = { own: '127.0.0.1', peer: '127.0.0.2' };
  using one = await openUdpPair(ends, () => undefined, random);
  using other = await openUdpPair(ends, () => undefined, random);
  expect(one.port).not.toBe(other.port);
  expect(turns).toEqual([]);
});
