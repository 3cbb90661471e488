import { createHmac } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { until } from '@topicast/test/poll';
import { afterEach, expect, it } from 'vitest';
import { type Guest, UdpPort } from './udp-port.js';

const port = new UdpPort('127.0.0.1');
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets) socket.close();
  await port.close();
});

/** A signed check, as whoever has the answer sends it. */
function checkOf({ ice }: Guest): Buffer {
  const user = Buffer.from(`${ice.fragment}:them`.padEnd(12, '.'));
  const name = Buffer.concat([Buffer.of(0, 6, 0, user.byteLength), user]);
  const head = Buffer.from('000100002112a442b7e7a701bc34d686fa87dfae', 'hex');
  head.writeUInt16BE(name.byteLength + 24, 2);
  const signature = createHmac('sha1', ice.password)
    .update(Buffer.concat([head, name]))
    .digest();
  return Buffer.concat([head, name, Buffer.of(0, 8, 0, 20), signature]);
}

interface Visitor extends Guest {
  readonly got: string[];
  fault: unknown;
}

function visitor(fragment: string): Visitor {
  const got: string[] = [];
  return {
    ...{ ice: { fragment, password: `password of ${fragment}` }, got, fault: undefined },
    reached: () => got.push('reached'),
    push(packet) {
      const text = Buffer.from(packet).toString();
      if (text === 'fault') throw new Error(text);
      got.push(text);
    },
    fail(error) {
      this.fault = error;
    },
  };
}

it('an address stays that of who was there first, until it is gone', async () => {
  const number = await port.open('127.0.0.1', 0);
  const [first, second] = [visitor('first'), visitor('other')];
  port.enter(first);
  port.enter(second);
  const socket = createSocket('udp4');
  sockets.push(socket);
  let answers = 0;
  socket.on('message', () => answers++);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const send = (packet: Buffer | string): void => socket.send(packet, number, '127.0.0.1');

  send(checkOf(first));
  await until('the first one is known', () => first.got.length > 0);
  send(checkOf(second));
  send('media');
  await until('its media comes', () => first.got.includes('media'));
  expect([second.got, answers]).toEqual([[], 1]);

  send('fault');
  await until('the fault is its own', () => first.fault);
  port.leave(first);
  send(checkOf(second));
  await until('the second one is known', () => second.got.length > 0);
  send('more');
  await until('its media comes', () => second.got.includes('more'));
});
