import { request } from 'node:http';
import { expect, it } from 'vitest';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { isNeighbour } from './origins.js';

it.each([
  ['http://192.168.1.5:3000', '192.168.1.5:8080', 3000],
  ['http://[fd00::7]:3000', '[fd00::7]:8080', 3000],
  ['http://Studio.lan:3000', 'studio.lan:8080', 3000],
  ['http://192.168.1.5', '192.168.1.5:8080', 80],
  ['https://studio.lan', 'studio.lan', 443],
])('takes a page of %s for the own one at %s', (origin, host, port) =>
  expect(isNeighbour(origin, host, port)).toBe(true),
);

it.each([
  ['http://192.168.1.6:3000', '192.168.1.5:8080', 3000],
  ['http://192.168.1.5:3001', '192.168.1.5:8080', 3000],
  ['http://192.168.1.5', '192.168.1.5:8080', 3000],
  ['ftp://192.168.1.5:3000', '192.168.1.5:8080', 3000],
  ['null', '192.168.1.5:8080', 3000],
  ['http://192.168.1.5:3000', undefined, 3000],
  ['http://192.168.1.5:3000', '192.168.1.5:8080', undefined],
])('does not take a page of %s for the own one at %s', (origin, host, port) =>
  expect(isNeighbour(origin, host, port)).toBe(false),
);

it('lets the studio change something by the address of this machine in its network, unless pages are named', async () => {
  const pages = { origin: 'http://192.168.1.5:3000', host: '192.168.1.5:8080' };
  const statusOf = (
    gateway: GatewayUnderTest,
    headers: Record<string, string>,
  ): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const asked = request(gateway.url('/api/streams/demo'), { method: 'DELETE', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on('error', reject).end();
    });
  await using open = await GatewayUnderTest.start();
  // Past the origin, and stopped by the missing token.
  expect(await statusOf(open, pages)).toBe(401);
  expect(await statusOf(open, { ...pages, origin: 'http://evil.example:3000' })).toBe(403);
  await using named = await GatewayUnderTest.start({ TOPICAST_ALLOWED_ORIGINS: 'http://studio.example' });
  expect(await statusOf(named, pages)).toBe(403);
});
