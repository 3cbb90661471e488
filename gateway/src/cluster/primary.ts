import cluster from 'node:cluster';
import { ConfigError } from '@topicast/contracts/config';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { LogServer } from '@topicast/log/remote';
import type { Gateway, GatewayOptions } from '../gateway.js';
import { packCounts, sumCounts } from './messages.js';
import { MetricsOfAll } from './metrics-of-all.js';
import { WorkerProcess } from './worker-process.js';

interface ClusterOptions extends Omit<GatewayOptions, 'peers' | 'metrics'> {
  readonly workers: number;
  /** The program of the workers: it calls `runGatewayWorker`. */
  readonly script: string;
}

const CHECK_MS = 5_000;
/** Added to the time that viewers have to move: a worker needs it to shut down. */
const END_WITHIN = milliseconds(8_000);

/**
 * One gateway of several processes behind one port (node:cluster). This process reads the log, each chunk once, and
 * hands it to the workers, which serve the viewers; they get the connections in turn. A worker that dies is replaced.
 * When this process ends, the workers end. They start without the log just as {@link startGateway} does.
 * @throws {ConfigError} if the address cannot be listened on; the reason of the signal if it ended the start
 */
export async function startGatewayCluster(options: ClusterOptions): Promise<Gateway> {
  const { log, config, logger, operatorToken, workers, script, signal } = options;
  const server = await LogServer.start(log, logger);
  const metrics = new MetricsOfAll(server.tails, () => processes, logger, options.otherMetrics);
  const processes: WorkerProcess[] = [];
  cluster.setupPrimary({ exec: script, args: [] });

  const ready = new Promise<number>((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal?.aborted) reject(signal.reason);
    const events = {
      onStarted: () => ({ type: 'start', config, operatorToken, log: server.address }) as const,
      onReady: (port: number) => {
        if (processes.every(({ isReady }) => isReady)) resolve(port);
      },
      onFailed: (message: string) => {
        reject(new ConfigError(message));
        // Later nobody hears about it: a replacement worker that cannot start.
        if (processes.some(({ isReady }) => isReady)) logger.error(message);
      },
      onCounts: (worker: WorkerProcess) => {
        const others = processes.filter((each) => each !== worker).map(({ counts }) => counts);
        worker.send({ type: 'elsewhere', counts: packCounts(sumCounts(others)) });
      },
      onMessage: metrics.receive,
      onDied: metrics.countDeath,
    };
    for (let count = 0; count < workers; count += 1) processes.push(new WorkerProcess(events, logger));
  });

  const checking = setInterval(() => {
    for (const each of processes) each.check();
  }, CHECK_MS);
  const close = async (within: Milliseconds): Promise<void> => {
    clearInterval(checking);
    await Promise.all(processes.map((each) => each.end(within)));
    await server.close();
  };
  try {
    return { port: await ready, close: () => close(Milliseconds.add(config.drain, END_WITHIN)) };
  } catch (error) {
    await close(Milliseconds.zero);
    throw error;
  }
}
