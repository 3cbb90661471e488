import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { jittered } from '@topicast/contracts/backoff';
import { CloseCode } from '@topicast/contracts/close-codes';
import { ConfigError } from '@topicast/contracts/config';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { LogError, type ServedLog } from '@topicast/log';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { Access } from './access/access.js';
import type { GatewayConfig } from './config.js';
import { Directory } from './directory/directory.js';
import { LookRequests } from './directory/look-requests.js';
import { Operations } from './directory/operations.js';
import { Thumbnails } from './directory/thumbnails.js';
import { HealthReader } from './health/health-reader.js';
import { HealthRows } from './health/health-rows.js';
import { StreamEvents } from './health/stream-events.js';
import { createApp } from './http/app.js';
import { LiveEndpoint } from './live/upgrade.js';
import { GatewayMetrics } from './metrics/metrics.js';
import { Feeds } from './stream/feeds.js';
import { Renditions } from './stream/renditions.js';
import { SyncGroups } from './sync/groups.js';
import { OtherProcesses } from './sync/other-processes.js';
import { Audience } from './viewer/audience.js';
import { catalogFrame } from './viewer/control-frames.js';
import type { Peers } from './viewer/peers.js';

export interface GatewayOptions {
  /** The caller keeps it; closing the gateway does not close it. */
  readonly log: ServedLog;
  readonly config: GatewayConfig;
  readonly logger: Logger;
  readonly operatorToken: string;
  /** The other processes of this gateway, if it has several. */
  readonly peers?: Peers;
  /** Absent: the gateway makes its own. */
  readonly metrics?: GatewayMetrics;
  /** Of what else runs in this process: told together with the gateway's. */
  readonly otherMetrics?: readonly Registry[];
  /** Ends the start, which waits a little for the log; a started gateway is ended by its `close()`. */
  readonly signal?: AbortSignal;
}

export interface Gateway {
  readonly port: number;
  /** Tells the viewers to move and gives them `config.drain`; closes those that remain with 1001. */
  close(): Promise<void>;
}

const TICK_MS = 1_000;
const SAMPLE_LAG_EVERY = 5;
const OPEN_AGAIN = milliseconds(2_000);
/** A log that answers has done so by then; one that does not is waited for in the background. */
const OPEN_WITHIN_MS = 2_000;

/**
 * Read the tables and listen. If the log does not answer soon, listen all the same: until it does, the API answers 503
 * and viewers are closed with 4503.
 * @throws {ConfigError} if the address cannot be listened on; an AbortError if the signal ended the start
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const {
    log,
    config,
    logger,
    operatorToken,
    peers,
    metrics = new GatewayMetrics(),
    signal,
    otherMetrics = [],
  } = options;
  // Anew each time: what is registered later would be missing in a merged registry.
  const allMetrics = (): Registry => Registry.merge([metrics.registry, ...otherMetrics]);
  const audience = new Audience(config.limits, peers);
  const feeds = new Feeds({ log, limits: config.ring, metrics, logger });
  const directory = new Directory({
    log,
    logger,
    viewersOf: (stream) => audience.countOf(stream),
    onState: (stream, state) => {
      for (const viewer of audience.of(stream)) viewer.setState(state);
    },
    onCatalog: (stream, catalog) => {
      const frame = catalogFrame(catalog);
      for (const viewer of audience.of(stream)) viewer.setCatalog(frame);
    },
    onRemoved: (stream) => {
      audience.closeStream(stream, CloseCode.streamDeleted, 'the stream was deleted');
      void feeds.closeStream(stream);
    },
  });
  const groups = new SyncGroups((rows) => others.publish(rows));
  const others = new OtherProcesses(log, logger, (process, row, now) => groups.hear(process, row, now));
  const healthRows = new HealthRows(log, audience, logger);
  const health = new HealthReader(log, logger);
  const events = new StreamEvents(log, logger);
  const thumbnails = new Thumbnails({ log, logger });
  const access = new Access({ operatorToken, viewerSecret: config.viewerSecret });
  const live = new LiveEndpoint({
    config,
    directory,
    renditions: new Renditions({
      log,
      feeds,
      catalogOf: (stream) => directory.catalog(stream),
      isLive: (stream) => directory.state(stream) === 'live',
    }),
    audience,
    groups,
    metrics,
    logger,
    access,
  });
  const app = await createApp({
    config,
    log,
    directory,
    logger,
    metrics: () => (peers ? peers.metrics() : allMetrics().metrics()),
    onRefused: () => {
      metrics.refusedConnections += 1;
    },
    isDraining: () => live.isStopped,
    operations: new Operations(log, directory, config.retention, events),
    health,
    events,
    looks: new LookRequests({
      tables: () => directory.lookTables,
      hasProducer: () => directory.hasProducer,
      logger,
    }),
    thumbnails,
    access,
  });
  live.attach(app.server);
  metrics.watch({
    viewers: (protocol) => audience.count(protocol),
    viewersOfStartedStreams: () => audience.countWhere((stream) => directory.isStarted(stream)),
    feeds: () => feeds.size,
    ringBytes: () => feeds.bytes,
    connections: () => promisify(app.server.getConnections).call(app.server),
  });

  const closing = new AbortController();
  const opened = openDirectory(directory, logger, closing.signal);
  const ticking = startTicking({ audience, directory, feeds, groups, metrics, peers });
  const close = async (): Promise<void> => {
    live.stop();
    if (app.server.listening)
      logger.info({ viewers: audience.size }, 'shutting down: telling the viewers to move');
    await audience.drain(config.drain);
    closing.abort();
    clearInterval(ticking);
    if (audience.size > 0) logger.info({ viewers: audience.size }, 'closing the viewers that have not moved');
    await audience.close();
    groups.close();
    await app.close();
    await directory.close();
    await Promise.all([healthRows.close(), health.close(), events.close()]);
    await thumbnails.close();
    await others.close();
    await feeds.close();
  };
  const ending = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
  try {
    // Otherwise viewers who move here from another gateway, or another process of this one, would be told that there is
    // no such stream.
    await Promise.race([opened, sleep(OPEN_WITHIN_MS, undefined, { signal: ending })]);
    await listen(app, config);
  } catch (error) {
    await close();
    throw error;
  }
  return { port: (app.server.address() as AddressInfo).port, close };
}

async function listen(app: FastifyInstance, { host, port }: GatewayConfig): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new ConfigError(`port ${port} on ${host} is in use: set TOPICAST_GATEWAY_PORT to another one`, {
        cause: error,
      });
    }
    if (code === 'EADDRNOTAVAIL' || code === 'EACCES' || code === 'ENOTFOUND') {
      throw new ConfigError(`cannot listen on ${host}, port ${port} (${code}): see TOPICAST_HOST`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** Try until the log answers, and report each kind of failure once. */
async function openDirectory(directory: Directory, logger: Logger, signal: AbortSignal): Promise<void> {
  let told: string | undefined;
  while (!signal.aborted) {
    try {
      await directory.open();
      if (!signal.aborted) logger.info('the log answers: ready for viewers');
      return;
    } catch (error) {
      const [kind, why] =
        error instanceof LogError ? [error.code, { reason: error.message }] : ['unexpected', { err: error }];
      if (kind !== told && !signal.aborted) logger.warn(why, 'the log cannot be read: trying until it can');
      told = kind;
    }
    await sleep(jittered(OPEN_AGAIN, Math.random()), undefined, { signal }).catch(() => undefined);
  }
}

interface Ticked {
  readonly audience: Audience;
  readonly directory: Directory;
  readonly feeds: Feeds;
  readonly groups: SyncGroups;
  readonly metrics: GatewayMetrics;
  readonly peers: Peers | undefined;
}

/** One timer for everything that depends on time; viewers have no timers of their own. */
function startTicking({ audience, directory, feeds, groups, metrics, peers }: Ticked): NodeJS.Timeout {
  let ticks = 0;
  return setInterval(() => {
    const now = Milliseconds.now();
    ticks += 1;
    audience.tick(now);
    directory.tick();
    groups.tick(now);
    peers?.report(audience.counts());
    void feeds.sweep(now);
    if (ticks % SAMPLE_LAG_EVERY !== 0) return;
    for (const viewer of audience.all()) metrics.observeLag(viewer.lag(now));
  }, TICK_MS);
}
