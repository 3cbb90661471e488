import { setTimeout as sleep } from 'node:timers/promises';
import { type LogConnection, LogError } from '@topicast/log';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import type { Directory } from '../directory/directory.js';
import { ApiError } from './problem.js';

export interface HealthOptions {
  readonly log: LogConnection;
  readonly directory: Directory;
  /** The metrics in the format of Prometheus. */
  readonly metrics: () => Promise<string>;
  /** Whether the gateway is going down. */
  readonly isDraining: () => boolean;
}

const PING_TIMEOUT_MS = 2_000;

/**
 * What anybody may know about an unusable log. If it is away, we say only that, because its own message names brokers.
 * A problem that somebody has to fix is named.
 */
const reasonOf = (error: unknown, away: string): string =>
  error instanceof LogError && error.code !== 'unavailable' ? error.message : away;

/** For orchestrators and Prometheus. */
export function addHealth(
  app: FastifyInstance,
  { log, directory, metrics, isDraining }: HealthOptions,
): void {
  const schema = (summary: string) => ({ schema: { summary, tags: ['health'] } });

  app.get('/healthz', schema('Whether the process runs'), async () => ({ status: 'ok' }));

  app.get(
    '/readyz',
    schema('Whether viewers can be served: the log answers and accepts a write'),
    async () => {
      if (isDraining()) throw new ApiError(503, 'the gateway is going down');
      if (!directory.ready)
        throw new ApiError(503, reasonOf(directory.problem, 'the log has not been reached yet'));
      const timer = new AbortController();
      const answer = log.ping().then(
        () => undefined,
        (error: unknown) => reasonOf(error, 'the log does not answer'),
      );
      const timeout = sleep(PING_TIMEOUT_MS, 'the log does not answer', { signal: timer.signal });
      const problem = await Promise.race([answer, timeout]);
      timer.abort();
      if (problem) throw new ApiError(503, problem);
      return { status: 'ready', ...(log.warning !== undefined && { warning: log.warning }) };
    },
  );

  app.get('/metrics', schema('Metrics in the format of Prometheus'), async (_request, reply) =>
    reply.type(Registry.PROMETHEUS_CONTENT_TYPE).send(await metrics()),
  );
}
