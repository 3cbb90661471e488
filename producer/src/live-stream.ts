import type { HardwareEncoder } from '@topicast/contracts/encoding';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import type { ChunkLog } from '@topicast/log';
import type { Logger } from 'pino';
import type { ProducerConfig } from './config.js';
import { supervise } from './encoder/supervisor.js';
import type { Ffmpeg } from './ffmpeg/find.js';
import type { ProcessGuard } from './ffmpeg/guard.js';
import { canBeReadTogether, canBeReadTwice, successorWrites } from './hand-over.js';
import type { ProducerMetrics } from './health/metrics.js';
import type { Reports } from './health/reports.js';
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
  /** What works on this host, when it has been tried. */
  readonly hardware: Promise<ReadonlySet<HardwareEncoder>>;
  readonly logger: Logger;
  readonly metrics: ProducerMetrics;
  readonly reports: Reports;
  readonly trusted: boolean;
  /** The encoder of this stream that was released here, and writes until this one does. */
  readonly predecessor: Pick<RunningStream, 'giveWay'> | undefined;
  /** Whether another producer could take this stream over. */
  readonly hasSuccessor: () => boolean;
  /** Whether this producer should encode this stream now. */
  readonly isWantedHere: () => boolean;
}

/** One stream on this producer, from start to stop: its encoder, its way to the log, and its status row. */
export function startLiveStream(
  row: StreamRow,
  claimed: StreamStatus,
  options: LiveStreamOptions,
): RunningStream {
  const { log, config, ffmpeg, guard, tables, metrics, reports } = options;
  const id = streamId(row.id);
  const logger = options.logger.child({ stream: id });
  const stopping = new AbortController();
  let isHandingOver = false;
  const status = new StatusWriter(tables.statuses, id, claimed, logger, (before, after) =>
    reports.changed(id, before, after),
  );

  const outlet = openOutlet(row, {
    ...{ log, tables, config, logger, metrics, reports },
    state: () => status.current.state,
    silencePredecessor: options.predecessor && (() => options.predecessor!.giveWay()),
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
        encoding: { ...config.encoding, asked: row.encoding },
        hardware: options.hardware,
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
  const isOnAir = (): boolean => publisher.session !== undefined && status.current.state === 'live';
  /** The row is the successor's from now on. */
  const release = async (): Promise<void> => {
    isHandingOver = true;
    await status.close();
  };
  const untilSuccessorWrites = (hasSuccessor: () => boolean): Promise<void> => {
    const { session = 0 } = publisher;
    const isExpected = (): boolean =>
      hasSuccessor() && tables.rows.get(id)?.enabled === true && !stopping.signal.aborted;
    return successorWrites({ log, stream: id, session, isExpected, signal: stopping.signal });
  };
  /** Whether the encoder that takes over here has not given up. Another change may put one more in its place. */
  const isSuccessorWell = (): boolean => tables.statuses.get(id)?.state !== 'failed';
  return {
    get session() {
      return publisher.session;
    },
    get seenInTopic() {
      return outlet.seenInTopic;
    },
    giveWay: () => publisher.giveWay(),
    async release() {
      const next = tables.rows.get(id);
      if (!isOnAir() || next?.enabled !== true || !canBeReadTogether(row.source, next.source)) return false;
      await release();
      return true;
    },
    async close(because) {
      if (because === 'changed' && isHandingOver) {
        await untilSuccessorWrites(isSuccessorWell);
      } else if ((because === 'moved' || because === 'leaving') && isOnAir() && canBeReadTwice(row.source)) {
        await release();
        await untilSuccessorWrites(options.hasSuccessor);
      }
      stopping.abort();
      await supervised;
      await outlet.close();
      const isOvertaken = because === 'overtaken' && (outlet.seenInTopic ?? 0) > (publisher.session ?? 0);
      if (because === 'taken' || isOvertaken) metrics.overtaken++;
      status.update({ droppedChunks: publisher.state.dropped });
      await status.close();
      // The next encoder writes the status, and nobody should see an end in between.
      if (because === 'changed' && options.isWantedHere()) return;
      await settle(tables.statuses, id, because, status.current);
    },
  };
}

/** The last status of a stream, unless another encoder writes it by now. */
async function settle(
  statuses: StreamTables['statuses'],
  id: StreamId,
  because: StopReason | 'leaving',
  last: StreamStatus,
): Promise<void> {
  if (because === 'deleted') return statuses.delete(id);
  const shown = statuses.get(id);
  if (shown?.producer !== last.producer || (shown.session ?? 0) > (last.session ?? 0)) return;
  await statuses.put(id, {
    ...last,
    ...{ state: 'offline', catalog: undefined, problem: undefined, notes: [], restarts: 0 },
  });
}
