import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '@topicast/contracts/config';
import type { ChunkLog } from '@topicast/log';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { ProducerMetrics } from './metrics.js';

export interface HealthServerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly log: Pick<ChunkLog, 'ping'>;
  readonly metrics: ProducerMetrics;
  /** Whether the producer has started. */
  readonly isStarted: () => boolean;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

const PING_TIMEOUT_MS = 2_000;
/** Orchestrators and Prometheus, and nobody else. */
const MAX_CONNECTIONS = 50;

/**
 * `/healthz`, `/readyz` and `/metrics` of a producer that is a process of its own.
 * @throws {ConfigError} if the address cannot be listened on
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { host, port } = options;
  const ofTheProcess = new Registry();
  collectDefaultMetrics({ register: ofTheProcess });
  const metrics = Registry.merge([options.metrics.registry, ofTheProcess]);
  const server = createServer({ requestTimeout: 10_000 }, answer(options, metrics));
  server.maxConnections = MAX_CONNECTIONS;
  try {
    await once(server.listen({ host, port }), 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const advice = 'set TOPICAST_PRODUCER_PORT or TOPICAST_HOST to another one';
    throw new ConfigError(`cannot listen on ${host}, port ${port} (${code}): ${advice}`, { cause: error });
  }
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const answer =
  (options: HealthServerOptions, metrics: Registry): RequestListener =>
  async (request, response) => {
    const say = (status: number, body: string, type = 'application/json'): void => {
      const end = request.method === 'HEAD' ? '' : body;
      response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(end);
    };
    const problem = (status: number, title: string): void =>
      say(status, JSON.stringify({ type: 'about:blank', title, status }), 'application/problem+json');

    if (request.method !== 'GET' && request.method !== 'HEAD')
      return problem(405, 'only GET is answered here');
    switch (request.url) {
      case '/healthz':
        return say(200, '{"status":"ok"}');
      case '/readyz': {
        const trouble = await troubleOf(options);
        return trouble ? problem(503, trouble) : say(200, '{"status":"ready"}');
      }
      case '/metrics':
        return say(200, await metrics.metrics(), Registry.PROMETHEUS_CONTENT_TYPE);
      default:
        return problem(404, 'there are /healthz, /readyz and /metrics');
    }
  };

/** Why streams cannot be encoded into the log now. The log's own words name brokers, and stay here. */
async function troubleOf({ log, isStarted }: HealthServerOptions): Promise<string | undefined> {
  if (!isStarted()) return 'the producer has not started: it waits for the log';
  const timer = new AbortController();
  const silent = 'the log does not answer';
  const ping = log.ping().then(
    () => undefined,
    () => silent,
  );
  const trouble = await Promise.race([ping, sleep(PING_TIMEOUT_MS, silent, { signal: timer.signal })]);
  timer.abort();
  return trouble;
}
