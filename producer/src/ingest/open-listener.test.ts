import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { ConfigError } from '@topicast/contracts/config';
import { listenForRtmp } from '@topicast/ingest';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { ListenerConfig } from '../config.js';
import { openListener } from './open-listener.js';

const silent = pino({ enabled: false });
const doorkeeper = { admit: async () => 'unauthorized' as const };
const listen = (where: ListenerConfig) => listenForRtmp({ ...where, doorkeeper, logger: silent });
const at = (port: number, isAskedFor: boolean): ListenerConfig => ({
  ...{ host: '127.0.0.1', port, setting: 'TOPICAST_RTMP_PORT', isAskedFor },
  strangersPerAddress: 20,
});

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
  expect(await openListener(at(taken.port, false), listen, logger)).toBeUndefined();
  expect(said.join()).toContain('set TOPICAST_RTMP_PORT to another port');
});

it('does not do without a port that was asked for', async () => {
  using taken = await takenPort();
  await expect(openListener(at(taken.port, true), listen, silent)).rejects.toThrow(ConfigError);
});

it('listens nowhere if that is the wish', async () => {
  expect(await openListener(undefined, listen, silent)).toBeUndefined();
});
