import { Liveness } from '@topicast/contracts/liveness';
import { StreamTables } from '@topicast/contracts/stream-tables';
import { STATUS_TABLE, STREAMS_TABLE } from '@topicast/contracts/tables';
import { Milliseconds } from '@topicast/contracts/units';
import { type ChunkLog, type Table, untilLogAnswers } from '@topicast/log';
import type { Logger } from 'pino';
import { openAnalysis } from './analyse/analysis.js';
import type { ProcessorsConfig } from './config.js';
import { ProcessorsMetrics } from './metrics/metrics.js';
import { openRestream } from './restream/open-restream.js';
import { openThumbnailing } from './thumbnails/open.js';
import { openProgress, WEBHOOKS_GROUP, WEBHOOKS_TABLE } from './webhooks/progress.js';
import { Webhooks } from './webhooks/webhooks.js';
import type { Processor } from './worker/processor.js';
import { Worker } from './worker/worker.js';

export interface Processors {
  /** End all work, and resolve when nothing is left. The log stays open for its owner. */
  close(): Promise<void>;
}

/** What a processor is made of. */
export interface ProcessorContext {
  readonly log: ChunkLog;
  /** `topicast.status`, opened. */
  readonly status: Table;
  readonly config: ProcessorsConfig;
  /** An ffmpeg that runs. */
  readonly ffmpegPath: string;
  readonly metrics: ProcessorsMetrics;
  readonly logger: Logger;
}

export interface ProcessorsOptions {
  readonly log: ChunkLog;
  readonly config: ProcessorsConfig;
  readonly ffmpegPath: string;
  readonly logger: Logger;
  /** Absent: nobody reads them. */
  readonly metrics?: ProcessorsMetrics;
  /** Ends the start, which waits for the log as long as that takes. */
  readonly signal?: AbortSignal;
  /** Absent: those that the settings ask for. */
  readonly open?: (context: ProcessorContext) => Promise<readonly Processor[]>;
}

/** Each processor is a consumer group of its own, which shares the streams among all processes that run it. */
const groupOf = ({ name }: Processor): string => `topicast.processors.${name}`;

/** Those that the settings ask for. */
async function openProcessors(context: ProcessorContext): Promise<readonly Processor[]> {
  const { thumbnailEvery, mostAnalyses } = context.config;
  return [
    ...(thumbnailEvery === undefined ? [] : [await openThumbnailing(context, thumbnailEvery)]),
    ...(mostAnalyses > 0 ? [openAnalysis(context, mostAnalyses)] : []),
    await openRestream(context),
  ];
}

/** @throws {LogError} */
async function openWebhooks(
  { log, config, logger }: ProcessorsOptions,
  tables: StreamTables,
  metrics: ProcessorsMetrics,
): Promise<Webhooks> {
  const progress = openProgress(await log.table(WEBHOOKS_TABLE), () =>
    logger.warn('the progress of a webhook cannot be read; it begins with what happens now'),
  );
  const { member, sessionTimeout } = config;
  const share = await log.share(WEBHOOKS_GROUP, WEBHOOKS_TABLE, { member, sessionTimeout });
  return new Webhooks({
    ...{ receivers: config.webhooks, log, progress, tables, share, logger },
    counts: metrics.webhooks,
  });
}

/**
 * Begin to read the streams that this process has a share in, for each processor. If the log is away, it waits.
 * @throws {LogError} any but `unavailable`; the signal's reason
 */
export async function startProcessors(options: ProcessorsOptions): Promise<Processors> {
  const { log, config, ffmpegPath, logger, signal = new AbortController().signal } = options;
  const { metrics = new ProcessorsMetrics(), open = openProcessors } = options;
  const waiting = { logger, signal };
  const [streams, status] = await untilLogAnswers(
    () => Promise.all([log.table(STREAMS_TABLE), log.table(STATUS_TABLE)]),
    waiting,
  );
  const tables = new StreamTables({ streams, status });
  const liveness = new Liveness(status, { monotonic: Milliseconds.now, wall: Milliseconds.wallClock });
  const workers: Worker[] = [];
  let webhooks: Webhooks | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([...workers.map((worker) => worker.close()), webhooks?.close()]);
    tables.close();
    liveness.close();
  };
  try {
    const context = { log, status, config, ffmpegPath, metrics, logger };
    for (const processor of await untilLogAnswers(() => open(context), waiting)) {
      const share = await untilLogAnswers(
        () =>
          log.share(groupOf(processor), STREAMS_TABLE, {
            member: config.member,
            sessionTimeout: config.sessionTimeout,
          }),
        waiting,
      );
      const counts = metrics.countsOf(processor.name);
      const worker = new Worker({ processor, log, tables, liveness, share, counts, logger });
      metrics.follow(worker);
      workers.push(worker);
    }
    if (config.webhooks.length > 0) {
      webhooks = await untilLogAnswers(() => openWebhooks(options, tables, metrics), waiting);
    }
  } catch (error) {
    await close();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
