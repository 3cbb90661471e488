import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { Gauge } from 'prom-client';
import { expect, it } from 'vitest';
import { readProducerConfig } from '../config.js';
import { startProducer } from '../producer.js';
import { ProducerMetrics } from './metrics.js';
import { startHealthServer } from './server.js';

const NAMES = { program: 'the producer', setting: 'TOPICAST_PRODUCER_PORT' };

it('a producer reports whether it runs, whether it can work, and what it does', async () => {
  using folder = temporaryFolder();
  const log = await openEmbeddedLog({ directory: path.join(folder.path, 'log') });
  const metrics = new ProducerMetrics();
  let isStarted = false;
  const host = '127.0.0.1';
  const health = await startHealthServer({
    ...{ host, port: 0, log, metrics, isStarted: () => isStarted },
    ...NAMES,
  });
  const ask = (page: string, method = 'GET') => fetch(`http://${host}:${health.port}${page}`, { method });
  const read = async (): Promise<Map<string, number>> => {
    const lines = (await (await ask('/metrics')).text()).split('\n');
    return new Map(lines.map((line) => [line.split(' ')[0]!, Number(line.split(' ')[1])]));
  };

  expect((await ask('/healthz')).status).toBe(200);
  const early = await ask('/readyz');
  expect([early.status, early.headers.get('content-type')]).toEqual([503, 'application/problem+json']);
  expect(await early.json()).toMatchObject({ status: 503, title: expect.stringContaining('not started') });

  const producer = await startProducer({
    ...{ log, metrics, logger: pino({ enabled: false }) },
    config: readProducerConfig({ TOPICAST_PRODUCER_ID: 'here' }),
    inputs: [{ id: 'demo', source: { kind: 'test' } }],
  });
  isStarted = true;
  expect((await ask('/readyz')).status).toBe(200);
  // What a slow start has delayed comes at once, so the speed settles after some seconds.
  const counted = await until('it runs at its speed', async () => {
    const now = await read();
    const [speed = 0, appends = 0] = ['slowest_speed', 'append_seconds_count'].map((name) =>
      now.get(`topicast_producer_${name}`),
    );
    return speed > 0.5 && speed < 2 && appends > 20 && now;
  });
  expect(counted.get('topicast_producer_encoders{state="live"}')).toBe(1);
  expect(counted.get('topicast_producer_encoders{state="failed"}')).toBe(0);
  expect(counted.get('topicast_producer_chunks_total')).toBeGreaterThan(20);
  expect(counted.get('topicast_producer_bytes_total')).toBeGreaterThan(20 * 188);
  expect(counted.get('topicast_producer_encoder_restarts_total')).toBe(0);
  expect(counted.get('topicast_producer_dropped_chunks_total')).toBe(0);
  expect(counted.has('process_cpu_seconds_total')).toBe(true);

  expect((await ask('/other')).status).toBe(404);
  expect((await ask('/metrics', 'POST')).status).toBe(405);
  await producer.close();
  expect((await read()).get('topicast_producer_encoders{state="live"}')).toBe(0);
  await log.close();
  expect((await ask('/readyz')).status).toBe(503);
  await health.close();
});

it('says which setting to change if its port is taken', async () => {
  const options = {
    host: '127.0.0.1',
    log: { ping: async () => undefined },
    isStarted: () => true,
    ...NAMES,
  };
  const metrics = new ProducerMetrics();
  const first = await startHealthServer({ ...options, port: 0, metrics });
  const second = startHealthServer({ ...options, port: first.port, metrics });
  await expect(second).rejects.toThrow('set TOPICAST_PRODUCER_PORT');
  await first.close();
});

/** The health server of an idle producer. */
async function startIdle(metrics = new ProducerMetrics()) {
  const log = { ping: async () => undefined };
  const options = { host: '127.0.0.1', port: 0, log, metrics, isStarted: () => true, ...NAMES };
  const health = await startHealthServer(options);
  return {
    port: health.port,
    ask: (page: string) => fetch(`http://127.0.0.1:${health.port}${page}`),
    [Symbol.asyncDispose]: () => health.close(),
  };
}

it('keeps working when a metric cannot be collected', async () => {
  const metrics = new ProducerMetrics();
  const collect = async (): Promise<never> => Promise.reject(new Error('no such file: /proc/self/fd'));
  new Gauge({ name: 'broken', help: 'Never read', registers: [metrics.registry], collect });
  await using idle = await startIdle(metrics);
  const answer = await idle.ask('/metrics');
  expect([answer.status, await answer.json()]).toMatchObject([
    500,
    { title: expect.stringContaining('metrics') },
  ]);
  expect((await idle.ask('/healthz')).status).toBe(200);
});

it('answers although silent connections have taken every place', async () => {
  await using idle = await startIdle();
  const silent = Array.from({ length: 50 }, () => connect(idle.port, '127.0.0.1').resume());
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  await expect(idle.ask('/healthz')).rejects.toThrow();
  const isAnswered = async () => (await idle.ask('/healthz')).ok;
  await until('an answer', isAnswered, { limitMs: 15_000 });
  for (const socket of silent) socket.destroy();
});
