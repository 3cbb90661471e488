import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '@topicast/contracts/config';
import type { LogConnection } from '@topicast/log';
import { collectDefaultMetrics, Registry } from 'prom-client';

interface HealthServerOptions {
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
  readonly log: Pick<LogConnection, 'ping'>;
  readonly metrics: { readonly registry: Registry };
  /** Whether the program has started. */
  readonly isStarted: () => boolean;
  /** What it is called in its answers. */
  readonly program: string;
  /** The variable that names the port. */
  readonly setting: string;
}

interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

const PING_TIMEOUT_MS = 2_000;
/** Only orchestrators and Prometheus connect here. */
const MAX_CONNECTIONS = 50;
/** Connections that send no request must not keep an orchestrator out for long. All times are in ms. */
const PATIENCE = { headersTimeout: 2_000, requestTimeout: 2_000, connectionsCheckingInterval: 500 };

/**
 * Serves `/healthz`, `/readyz` and `/metrics` of a program that has no other HTTP server: a producer, or processors.
 * @throws {ConfigError} if it cannot listen on the address
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { host, port, setting } = options;
  const ofTheProcess = new Registry();
  collectDefaultMetrics({ register: ofTheProcess });
  const metrics = Registry.merge([options.metrics.registry, ofTheProcess]);
  const server = createServer(PATIENCE, (request, response) => {
    answer(request, response, options, metrics).catch(() => {
      // A gauge could not be read. Streams do not depend on it, and a later scrape may succeed.
      if (response.headersSent) response.destroy();
      else problem(request, response, 500, 'the metrics could not be collected');
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  try {
    await once(server.listen({ host, port }), 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const advice = `set ${setting} or TOPICAST_HOST to another one`;
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
    return problem(request, response, 405, 'only GET and HEAD are allowed here');
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
      return problem(request, response, 404, 'the pages here are /healthz, /readyz and /metrics');
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

/** Why the program cannot work now. We do not pass on the log's own message, because it names brokers. */
async function troubleOf({ log, isStarted, program }: HealthServerOptions): Promise<string | undefined> {
  if (!isStarted())
    return `${program} ${program.endsWith('s') ? 'have' : 'has'} not started: waiting for the log`;
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
