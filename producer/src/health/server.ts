import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '@topicast/contracts/config';
import type { LogConnection } from '@topicast/log';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { ProducerMetrics } from './metrics.js';

interface HealthServerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly log: Pick<LogConnection, 'ping'>;
  readonly metrics: ProducerMetrics;
  /** Whether the producer has started. */
  readonly isStarted: () => boolean;
}

interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

const PING_TIMEOUT_MS = 2_000;
/** Orchestrators and Prometheus, and nobody else. */
const MAX_CONNECTIONS = 50;
/** So that connections which ask for nothing do not keep out an orchestrator for long; all times in ms. */
const PATIENCE = { headersTimeout: 2_000, requestTimeout: 2_000, connectionsCheckingInterval: 500 };

/**
 * `/healthz`, `/readyz` and `/metrics` of a producer that is a process of its own.
 * @throws {ConfigError} if the address cannot be listened on
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { host, port } = options;
  const ofTheProcess = new Registry();
  collectDefaultMetrics({ register: ofTheProcess });
  const metrics = Registry.merge([options.metrics.registry, ofTheProcess]);
  const server = createServer(PATIENCE, (request, response) => {
    answer(request, response, options, metrics).catch(() => {
      // A gauge could not be read. Streams do not depend on it, and a scrape later may succeed.
      if (response.headersSent) response.destroy();
      else problem(request, response, 500, 'the metrics could not be collected');
    });
  });
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

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: HealthServerOptions,
  metrics: Registry,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return problem(request, response, 405, 'only GET is answered here');
  switch (request.url) {
    case '/healthz':
      return say(request, response, 200, '{"status":"ok"}');
    case '/readyz': {
      const trouble = await troubleOf(options);
      return trouble
        ? problem(request, response, 503, trouble)
        : say(request, response, 200, '{"status":"ready"}');
    }
    case '/metrics':
      return say(request, response, 200, await metrics.metrics(), Registry.PROMETHEUS_CONTENT_TYPE);
    default:
      return problem(request, response, 404, 'there are /healthz, /readyz and /metrics');
  }
}

function say(
  { method }: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: string,
  type = 'application/json',
): void {
  response
    .writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' })
    .end(method === 'HEAD' ? '' : body);
}

function problem(request: IncomingMessage, response: ServerResponse, status: number, title: string): void {
  const body = JSON.stringify({ type: 'about:blank', title, status });
  say(request, response, status, body, 'application/problem+json');
}

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
