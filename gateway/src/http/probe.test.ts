import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type LookAnswer, LookTables } from '@topicast/contracts/look-tables';
import { STATUS_TABLE, STREAMS_TABLE } from '@topicast/contracts/tables';
import { until } from '@topicast/test/poll';
import fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { readGatewayConfig } from '../config.js';
import { LookRequests } from '../directory/look-requests.js';
import { ask, json } from '../testing/api.js';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { addProbe } from './probe.js';

const body = JSON.stringify({ source: { kind: 'url', url: 'https://cam.example/live.ts' } });
const FOUND: LookAnswer = {
  outcome: 'found',
  found: { container: 'mpegts', tracks: [], renditions: [], notes: ['The source has no sound.'] },
};

const probe = (gateway: GatewayUnderTest, headers: Record<string, string> = json, sent = body) =>
  ask(gateway, 'POST', '/api/probe', { headers, body: sent });

it('asks a producer, and hands on what it says', async () => {
  await using gateway = await GatewayUnderTest.start();
  await gateway.heartbeat();
  const [streams, status] = await Promise.all(
    [STREAMS_TABLE, STATUS_TABLE].map((name) => gateway.log.table(name)),
  );
  const tables = new LookTables({ streams: streams!, status: status! });
  const answers: LookAnswer[] = [
    FOUND,
    { outcome: 'failed', problem: 'It is a web page.' },
    { outcome: 'refused', problem: 'It leads into a private network.' },
  ];
  tables.requests.onChange((name, request) => {
    if (request) void tables.answers.put(name, answers.shift()!);
  });
  expect(await probe(gateway)).toMatchObject({ status: 200, body: { notes: ['The source has no sound.'] } });
  expect(await probe(gateway)).toMatchObject({
    status: 422,
    body: { detail: 'It is a web page.', errors: [{ path: 'source.url' }] },
  });
  expect(await probe(gateway)).toMatchObject({
    status: 403,
    body: { detail: 'It leads into a private network.' },
  });
  await until('nothing is left of the requests', () => tables.requests.rows.size === 0);
  tables.close();
});

it('refuses what a stream could not have, and whoever may not create one', async () => {
  await using gateway = await GatewayUnderTest.start();
  await gateway.heartbeat();
  const status = async (source: object, more: object = {}) =>
    (await probe(gateway, json, JSON.stringify({ source, ...more }))).status;
  expect((await probe(gateway, { 'content-type': 'application/json' })).status).toBe(401);
  expect(await status({ kind: 'test' })).toBe(422);
  expect(await status({ kind: 'url', url: 'http://10.0.0.1/x.ts' })).toBe(403);
  expect(await status({ kind: 'file', path: '/etc/passwd' })).toBe(403);
  const url = { kind: 'url', url: 'https://cam.example/live.ts' };
  expect(await status({ ...url, language: 'German' })).toBe(422);
  expect(await status({ ...url, copy: true }, { ladder: [{ height: 720 }] })).toBe(422);
});

it('says so if no producer is there', async () => {
  await using gateway = await GatewayUnderTest.start();
  const { status, body: said } = await probe(gateway);
  expect([status, said.detail]).toEqual([503, expect.stringMatching(/no producer/)]);
});

it('ends the look of whoever goes away, and says nothing of a fault of ours', async () => {
  await using gateway = await GatewayUnderTest.start();
  await gateway.heartbeat();
  const [streams, status] = await Promise.all(
    [STREAMS_TABLE, STATUS_TABLE].map((name) => gateway.log.table(name)),
  );
  const tables = new LookTables({ streams: streams!, status: status! });
  for (let n = 0; n < 6; n += 1) {
    const going = new AbortController();
    const asked = fetch(gateway.url('/api/probe'), {
      ...{ method: 'POST', headers: json, body, signal: going.signal },
    });
    await until('a producer is asked', () => tables.requests.rows.size === 1);
    going.abort();
    await expect(asked).rejects.toThrow();
    await until('nothing is left of the request', () => tables.requests.rows.size === 0);
  }
  tables.close();
  expect(gateway.logLines.filter((line) => JSON.parse(line).level >= pino.levels.values.warn!)).toEqual([]);
});

it('asks no producer if nobody waits for the answer any more', async () => {
  const tables = vi.fn();
  const looks = new LookRequests({ tables, hasProducer: () => true, logger: pino({ enabled: false }) });
  const app = fastify({ forceCloseConnections: true });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const failures: unknown[] = [];
  app.setErrorHandler((error) => void failures.push(error));
  const going = new AbortController();
  const preHandler = async (_: unknown, { raw }: { readonly raw: NodeJS.EventEmitter }): Promise<void> => {
    going.abort();
    await once(raw, 'close');
  };
  const ask = vi.spyOn(looks, 'ask');
  addProbe(app, { config: readGatewayConfig({}), looks }, { changing: { preHandler }, security: [] });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const headers = { 'content-type': 'application/json' };
  const asked = fetch(`http://127.0.0.1:${port}/api/probe`, {
    ...{ method: 'POST', headers, body, signal: going.signal },
  });
  await expect(asked).rejects.toThrow();
  await until('the request is handled', () =>
    ask.mock.settledResults.some(({ type }) => type === 'rejected'),
  );
  await app.close();
  expect([tables.mock.calls, failures]).toEqual([[], []]);
});
