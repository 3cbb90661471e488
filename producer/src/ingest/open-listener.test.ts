import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { ConfigError } from '@topicast/contracts/config';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { openListener } from './open-listener.js';

const nobody = { admit: async () => 'unauthorized' as const };

async function takenPort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.dispose]: () => server.close() };
}

it('does without a port that is taken, and says so', async () => {
  using taken = await takenPort();
  const said: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => said.push(line) });
  const rtmp = { host: '127.0.0.1', port: taken.port, isAskedFor: false, strangersPerAddress: 20 };
  expect(await openListener(rtmp, nobody, logger)).toBeUndefined();
  expect(said.join()).toContain('set TOPICAST_RTMP_PORT to another port');
});

it('does not do without a port that was asked for', async () => {
  using taken = await takenPort();
  const rtmp = { host: '127.0.0.1', port: taken.port, isAskedFor: true, strangersPerAddress: 20 };
  await expect(openListener(rtmp, nobody, pino({ enabled: false }))).rejects.toThrow(ConfigError);
});

it('listens nowhere if that is the wish', async () => {
  expect(await openListener(undefined, nobody, pino({ enabled: false }))).toBeUndefined();
});
