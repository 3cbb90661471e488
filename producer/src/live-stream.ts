import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import type { ChunkLog } from '@topicast/log';
import type { Logger } from 'pino';
import type { ProducerConfig } from './config.js';
import { supervise } from './encoder/supervisor.js';
import type { Ffmpeg } from './ffmpeg/find.js';
import type { ProcessGuard } from './ffmpeg/guard.js';
import { canBeReadTwice, successorWrites } from './hand-over.js';
import type { ProducerMetrics } from './health/metrics.js';
import { openOutlet } from './publish/outlet.js';
import type { StopReason } from './reconcile/decide.js';
import type { RunningStream } from './reconcile/reconciler.js';
import { StatusWriter } from './status/status-writer.js';

interface LiveStreamOptions {
  readonly log: ChunkLog;
  readonly tables: StreamTables;
  readonly config: ProducerConfig;
  readonly ffmpeg: Ffmpeg;
  readonly guard: ProcessGuard;
  readonly logger: Logger;
  readonly metrics: ProducerMetrics;
  readonly trusted: boolean;
  /** Whether another producer could take this stream over. */
  readonly hasSuccessor: () => boolean;
}

/** One stream on this producer, from start to stop: its encoder, its way to the log, and its status row. */
export function startLiveStream(
  row: StreamRow,
  claimed: StreamStatus,
  options: LiveStreamOptions,
): RunningStream {
  const { log, config, ffmpeg, guard, tables, metrics } = options;
  const id = streamId(row.id);
  const logger = options.logger.child({ stream: id });
  const stopping = new AbortController();
  let isHandingOver = false;
  const status = new StatusWriter(tables.statuses, id, claimed, logger);

  const outlet = openOutlet(row, {
    ...{ log, tables, config, logger, metrics },
    state: () => status.current.state,
    stopped: stopping.signal,
  });
  const { publisher } = outlet;
  const prepare = async (): Promise<number> => Math.max(await outlet.prepare(), status.current.session ?? 0);
  const supervised = supervise(
    {
      ...{
        source: row.source,
        ladder: row.ladder,
        ffmpeg,
        guard,
        encoding: config.encoding,
        logger,
        prepare,
        publisher,
      },
      rules: {
        trusted: options.trusted,
        mediaDirs: config.mediaDirs,
        allowPrivateUrls: config.allowPrivateUrls,
      },
      isLeaving: () => isHandingOver,
      report(change) {
        status.update(change);
        outlet.countDrops();
        if (change.restarts) metrics.restarts++;
        // It would begin anew, with a session above the successor's.
        if (isHandingOver && change.state && change.state !== 'live') stopping.abort();
      },
    },
    stopping.signal,
  );
  const handOver = async (): Promise<void> => {
    const { session } = publisher;
    if (session === undefined || status.current.state !== 'live' || !canBeReadTwice(row.source)) return;
    isHandingOver = true;
    // The row is the successor's from now on.
    await status.close();
    const isExpected = (): boolean =>
      options.hasSuccessor() && tables.rows.get(id)?.enabled === true && !stopping.signal.aborted;
    await successorWrites({ log, stream: id, session, isExpected, signal: stopping.signal });
  };
  return {
    get session() {
      return publisher.session;
    },
    get seenInTopic() {
      return outlet.seenInTopic;
    },
    async close(because) {
      if (because === 'moved' || because === 'leaving') await handOver();
      stopping.abort();
      await supervised;
      await outlet.close();
      const isOvertaken = because === 'changed' && (outlet.seenInTopic ?? 0) > (publisher.session ?? 0);
      if (because === 'taken' || isOvertaken) metrics.overtaken++;
      status.update({ droppedChunks: publisher.state.dropped });
      await status.close();
      await settle(tables.statuses, id, because, status.current);
    },
  };
}

/** The last status of a stream, unless another producer writes it by now. */
async function settle(
  statuses: StreamTables['statuses'],
  id: StreamId,
  because: StopReason | 'leaving',
  last: StreamStatus,
): Promise<void> {
  if (because === 'deleted') return statuses.delete(id);
  if (statuses.get(id)?.producer !== last.producer) return;
  return statuses.put(id, {
    ...last,
    ...{ state: 'offline', catalog: undefined, problem: undefined, notes: [], restarts: 0 },
  });
}
