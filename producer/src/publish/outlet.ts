import { setTimeout as sleep } from 'node:timers/promises';
import { mostRenditions } from '@topicast/contracts/ladder';
import type { StreamState } from '@topicast/contracts/server-message';
import type { ProducerFigures } from '@topicast/contracts/stream-health';
import { streamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow } from '@topicast/contracts/tables';
import type { ChunkLog } from '@topicast/log';
import type { Logger } from 'pino';
import type { ProducerConfig } from '../config.js';
import { lastSessionInLog } from '../encoder/session.js';
import type { FollowedStream, ProducerMetrics } from '../health/metrics.js';
import type { Reports } from '../health/reports.js';
import { lastGopInLog } from './last-gop.js';
import { OvertakenWatch } from './overtaken.js';
import { SteadyClock } from './steady-clock.js';
import { StreamPublisher } from './stream-publisher.js';

/** A deletion removes either the topic or the row first; after this time we have seen both. */
const DELETION_SETTLES_MS = 2_000;
/** How long the last append of an encoder that gives way is waited for. */
const PREDECESSOR_MS = 1_000;

export interface OutletOptions {
  readonly log: ChunkLog;
  readonly tables: StreamTables;
  readonly config: Pick<ProducerConfig, 'retention'>;
  /** Names the stream in each line. */
  readonly logger: Logger;
  readonly metrics: ProducerMetrics;
  readonly reports: Reports;
  /** Of the stream, for the metrics. */
  readonly state: () => StreamState;
  /** Makes the encoder that this one takes over from here write no more; absent: there is none, or it is elsewhere. */
  readonly silencePredecessor?: (() => Promise<void>) | undefined;
  /** Nobody wants the stream here any more. */
  readonly stopped: AbortSignal;
}

/** A stream's way from this producer to its topic, whoever encodes it: opened once, and closed by whoever opened it. */
export interface Outlet {
  readonly publisher: StreamPublisher;
  /** Call this from time to time, and at the end of each session. */
  readonly countDrops: FollowedStream['countDrops'];
  /** The highest session that others were seen to write; undefined: none. */
  readonly seenInTopic: number | undefined;
  /** Create the topic if it does not exist. @returns the last session in it. Rejects if the log is away. */
  prepare(): Promise<number>;
  /** Give the topic the partitions that it lacks. Rejects if the log is away. */
  widen(renditions: number): Promise<void>;
  /** Resolves when everything is in the log, or could not be written in a short time. */
  close(): Promise<void>;
}

export function openOutlet(row: StreamRow, options: OutletOptions): Outlet {
  const { log, tables, config, logger, metrics, reports, stopped } = options;
  const id = streamId(row.id);
  let partitions = mostRenditions(row);
  const createTopic = (): Promise<void> => {
    const { time, size } = config.retention;
    return log.createTopic(id, { partitions, retentionMs: time, retentionBytes: size });
  };
  const onUnknownTopic = async (): Promise<'retry' | 'stop'> => {
    try {
      await sleep(DELETION_SETTLES_MS, undefined, { signal: stopped });
      if (tables.rows.get(id) === undefined) return 'stop';
      await createTopic();
      return 'retry';
    } catch {
      return stopped.aborted ? 'stop' : 'retry';
    }
  };
  const watch = new OvertakenWatch(log, id);
  const followed: FollowedStream = metrics.follow(
    {
      get state() {
        return options.state();
      },
      get queued() {
        return publisher.state.queued;
      },
      get dropped() {
        return publisher.state.dropped;
      },
    },
    watch,
  );
  const { figures, end: endReports } = reports.follow(id, {
    way: wayOf(row.source),
    get isLive() {
      return options.state() === 'live';
    },
    get session() {
      return publisher.session;
    },
    get dropped() {
      return publisher.state.dropped;
    },
  });
  const publisher = new StreamPublisher({
    log: { append: figures.measured(followed.append) },
    figures,
    stream: id,
    clock: new SteadyClock(),
    logger,
    onUnknownTopic,
    lastGop: async () => {
      const quiet = options.silencePredecessor?.();
      // A log that is away is told of by the next read.
      if (quiet) await Promise.race([quiet, sleep(PREDECESSOR_MS, undefined, { ref: false })]);
      return lastGopInLog(log, id, partitions);
    },
  });
  let inLog: number | undefined;
  return {
    publisher,
    countDrops: followed.countDrops,
    get seenInTopic() {
      return watch.highest;
    },
    async prepare() {
      await createTopic();
      inLog ??= await lastSessionInLog(log, id);
      return Math.max(inLog, watch.highest ?? 0);
    },
    async widen(renditions) {
      if (renditions <= partitions) return;
      const { time, size } = config.retention;
      await log.createTopic(id, { partitions: renditions, retentionMs: time, retentionBytes: size });
      partitions = renditions;
    },
    async close() {
      await publisher.close();
      await watch.close();
      followed.end();
      endReports();
    },
  };
}

const wayOf = (source: StreamRow['source']): ProducerFigures['way'] => {
  if (source.kind === 'ingest') return 'sent';
  return 'copy' in source && source.copy ? 'copied' : 'encoded';
};
