import { ConfigError } from '@topicast/contracts/config';
import { RemoteLog } from '@topicast/log/remote';
import type { Logger } from 'pino';
import { startGateway } from '../gateway.js';
import { GatewayMetrics } from '../metrics/metrics.js';
import { ClusterPeers } from './cluster-peers.js';
import type { ToPrimary, ToWorker } from './messages.js';

type Start = Extract<ToWorker, { type: 'start' }>;

/**
 * One process of a gateway with several. The program that {@link startGatewayCluster} starts calls this. The process
 * ends when the primary says so or is gone. The primary handles signals, because a terminal sends them to all
 * processes.
 */
export async function runGatewayWorker(logger: Logger): Promise<void> {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'this gateway worker failed');
    process.exit(1);
  });
  const metrics = new GatewayMetrics();
  const peers = new ClusterPeers(metrics.registry, tell);
  const drained = new Promise<void>((resolve) => {
    process.on('message', (message: ToWorker) => {
      if (message.type === 'drain') resolve();
      else peers.receive(message);
    });
  });
  const start = started();
  tell({ type: 'hello' });
  const given = await Promise.race([start, drained]);
  if (!given) process.exit(0);
  const { config, operatorToken, log: address } = given;
  try {
    const log = await RemoteLog.connect(address);
    void log.lost.then(() => process.exit(1));
    const gateway = await startGateway({ log, config, logger, operatorToken, peers, metrics });
    tell({ type: 'ready', port: gateway.port });
    await drained;
    await gateway.close();
    await log.close();
    process.exit(0);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.send?.({ type: 'failed', message: error.message }, () => process.exit(1));
  }
}

function started(): Promise<Start> {
  return new Promise((resolve) => {
    const listen = (message: ToWorker): void => {
      if (message.type !== 'start') return;
      process.off('message', listen);
      resolve(message);
    };
    process.on('message', listen);
  });
}

function tell(message: ToPrimary): void {
  // If the channel is closed, this process is about to end.
  process.send?.(message, () => undefined);
}
