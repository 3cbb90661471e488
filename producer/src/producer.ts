import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '@topicast/contracts/config';
import { Liveness } from '@topicast/contracts/liveness';
import { LookTables } from '@topicast/contracts/look-tables';
import { streamId } from '@topicast/contracts/stream-id';
import { StreamTables } from '@topicast/contracts/stream-tables';
import { STATUS_TABLE, STREAMS_TABLE } from '@topicast/contracts/tables';
import { Milliseconds } from '@topicast/contracts/units';
import { type Listener, listenForCameras, listenForRtmp, listenForWhip } from '@topicast/ingest';
import { type ChunkLog, type Share, untilLogAnswers } from '@topicast/log';
import type { Logger } from 'pino';
import { applyDeclaration, type CommandLineInput } from './command-line.js';
import type { ProducerConfig } from './config.js';
import { findFfmpeg } from './ffmpeg/find.js';
import { startGuard } from './ffmpeg/guard.js';
import { possibleEncoders, tryEncoders } from './ffmpeg/trials.js';
import { HAND_OVER_LIMIT } from './hand-over.js';
import { ProducerMetrics } from './health/metrics.js';
import { Reports } from './health/reports.js';
import { Door } from './ingest/door.js';
import { openListener } from './ingest/open-listener.js';
import { receiveBySrt, type SrtReceivers } from './ingest/srt/receivers.js';
import { startLiveStream } from './live-stream.js';
import { lookAt } from './look/look-at.js';
import { Looks } from './look/looks.js';
import { isBound, isWantedHere } from './reconcile/decide.js';
import { Heartbeats } from './reconcile/heartbeats.js';
import { Reconciler } from './reconcile/reconciler.js';
import { Workshop } from './slate/workshop.js';

export interface Producer {
  readonly id: string;
  /** The ffmpeg that it runs. */
  readonly ffmpegPath: string;
  /** Where encoders publish by RTMP; undefined: nowhere. */
  readonly rtmpPort: number | undefined;
  /** Where browsers publish; undefined: nowhere. */
  readonly cameraPort: number | undefined;
  /** Where encoders publish by WHIP; undefined: nowhere. */
  readonly whipPort: number | undefined;
  /** End all encoders, say so in the log, and resolve when nothing is left. The log stays open for its owner. */
  close(): Promise<void>;
}

export interface ProducerOptions {
  readonly log: ChunkLog;
  readonly config: ProducerConfig;
  readonly logger: Logger;
  readonly inputs: readonly CommandLineInput[];
  /** Absent: nobody reads them. */
  readonly metrics?: ProducerMetrics;
  /** Ends the start, which waits for the log as long as that takes; a started producer is ended by its `close()`. */
  readonly signal?: AbortSignal;
}

/** The consumer group of all producers of a log. */
const GROUP = 'topicast.producers';
/** How long close() waits if the log does not answer; the encoders are gone by then in any case. */
const FAREWELL_MS = 3_000;

/**
 * Encode the streams of `topicast.streams` into their topics. Resolves when the streams of the command line are
 * declared; if the log is away, it waits.
 * @throws {ConfigError} if there is no ffmpeg, or none that encodes what is wanted, or no port that was asked for; {TypeError} if an input's name is
 * not a stream id; any {LogError} but `unavailable`; the signal's reason
 */
export async function startProducer(options: ProducerOptions): Promise<Producer> {
  const { log, config, logger, inputs, signal = new AbortController().signal } = options;
  const { metrics = new ProducerMetrics() } = options;
  const me = config.producerId;
  const ffmpeg = await findFfmpeg(config.ffmpegPath);
  if (config.encoding.soundCodec === 'opus' && !ffmpeg.encodesOpus) {
    throw new ConfigError(
      `TOPICAST_AUDIO_CODEC: "${ffmpeg.path}" has no libopus; leave it at aac, or set FFMPEG_PATH to an ffmpeg that has it`,
    );
  }
  if (config.srt && !ffmpeg.protocols.has('srt')) {
    throw new ConfigError(
      `TOPICAST_SRT_PORTS: "${ffmpeg.path}" was built without SRT; leave it out, or set FFMPEG_PATH to an ffmpeg that has it`,
    );
  }
  const { path, version } = ffmpeg;
  if (ffmpeg.origin === 'bundled') {
    logger.warn(
      { path, version },
      'no ffmpeg on this machine: using the bundled one, which is old and has no SRT',
    );
  } else {
    logger.info({ path, version }, 'ffmpeg');
  }
  const waiting = { logger, signal };
  const [streams, status] = await untilLogAnswers(
    () => Promise.all([log.table(STREAMS_TABLE), log.table(STATUS_TABLE)]),
    waiting,
  );
  const tables = new StreamTables({ streams, status }, (stream, error) =>
    logger.warn({ stream, err: error }, 'a row of the tables cannot be read'),
  );
  const liveness = new Liveness(status, { monotonic: Milliseconds.now, wall: Milliseconds.wallClock });
  const heartbeats = new Heartbeats({ liveness, me, logger });
  const stopReading = (): void => {
    tables.close();
    liveness.close();
  };
  let trusted: Awaited<ReturnType<typeof applyDeclaration>>;
  let share: Share;
  const others = (): ReadonlySet<string> => heartbeats.others();
  const reports = new Reports({ me, log, logger });
  const guard = startGuard();
  const reels = new Workshop(ffmpeg, guard);
  const door = new Door({ me, log, tables, config, metrics, reports, ffmpeg, guard, reels, others, logger });
  let rtmp: Listener | undefined;
  let camera: Listener | undefined;
  let whip: Listener | undefined;
  let receivers: SrtReceivers | undefined;
  /** Encoders come back, to another producer if there is one. Whoever is at the door may wait for a log that is away. */
  const sendEncodersAway = async (): Promise<void> => {
    const settled = door.close();
    const listeners = [rtmp?.close(), camera?.close(), whip?.close(), receivers?.close()];
    await inTime(Promise.all([...listeners, settled]), FAREWELL_MS);
  };
  try {
    const context = { me, log, tables, alive: () => heartbeats.others(), logger };
    trusted = await untilLogAnswers(() => applyDeclaration(inputs, context), waiting);
    const ears = { doorkeeper: door, logger };
    rtmp = await openListener(config.rtmp, (where) => listenForRtmp({ ...where, ...ears }), logger);
    camera = await openListener(config.camera, (where) => listenForCameras({ ...where, ...ears }), logger);
    whip = await openListener(config.whip, (where) => listenForWhip({ ...where, ...ears }), logger);
    const { sessionTimeout } = config;
    share = await untilLogAnswers(
      () => log.share(GROUP, STREAMS_TABLE, { member: me, sessionTimeout }),
      waiting,
    );
  } catch (error) {
    await sendEncodersAway();
    await reports.close();
    await heartbeats.close().catch(() => undefined);
    stopReading();
    await reels.close();
    await guard.close();
    throw error;
  }
  heartbeats.listenAt({ rtmpPort: rtmp?.port, cameraPort: camera?.port, whipPort: whip?.port });
  if (rtmp) metrics.followEncoders('rtmp', rtmp.stats);
  if (camera) metrics.followEncoders('camera', camera.stats);
  if (whip) metrics.followEncoders('whip', whip.stats);
  const ending = new AbortController();
  const trials = { path, guard, signal: ending.signal };
  const hardware = tryEncoders(possibleEncoders(process.platform), trials);
  void hardware.then((found) => {
    if (ending.signal.aborted) return;
    if (found.size > 0) logger.info({ encoders: [...found] }, 'hardware encoders that work');
    const { maxHeight, maxVideoBitrate } = config.encoding;
    const encoders = ['x264', ...found];
    heartbeats.encodeWith({ encoders, maxHeight, maxKbit: maxVideoBitrate / 1_000 });
  });
  let closing: Promise<void> | undefined;
  const reconciler = new Reconciler({
    ...{ me, tables, heartbeats, share, logger },
    publishing: () => door.publishing,
    start: (row, claimed, predecessor) =>
      startLiveStream(row, claimed, {
        predecessor,
        ...{ log, tables, config, ffmpeg, guard, hardware, logger, metrics, reports },
        // The very source that the command line named: a row changed since then is somebody else's wish.
        trusted: isDeepStrictEqual(trusted.get(row.id), row.source),
        hasSuccessor: () => !isBound(row) && heartbeats.hasSuccessor,
        isWantedHere: () => {
          const newest = tables.rows.get(streamId(row.id));
          return closing === undefined && newest !== undefined && isWantedHere(newest, { me, share });
        },
      }),
  });

  receivers = receiveBySrt({
    ...{ config, ffmpeg, guard, tables, share, logger, heartbeats },
    admit: (arrival, gone) => door.admitKnown(arrival, gone),
  });

  const lookTables = new LookTables({ streams, status }, (look, error) =>
    logger.warn({ look, err: error }, 'a row about a source cannot be read'),
  );
  const looks = new Looks({
    ...{ tables: lookTables, share, logger },
    look: (request, stopped) =>
      lookAt(
        request,
        { rules: { ...config, trusted: false }, ffmpeg, guard, encoding: config.encoding },
        stopped,
      ),
  });

  const end = async (): Promise<void> => {
    ending.abort();
    heartbeats.leave();
    const looked = looks.close();
    const sentAway = sendEncodersAway();
    const ended = reconciler.close();
    await share.leave();
    await sentAway;
    await inTime(ended, HAND_OVER_LIMIT + FAREWELL_MS);
    await inTime(looked, FAREWELL_MS);
    lookTables.close();
    await reports.close();
    await inTime(heartbeats.close(), FAREWELL_MS);
    stopReading();
    await reels.close();
    await guard.close();
  };
  return {
    id: me,
    ffmpegPath: ffmpeg.path,
    rtmpPort: rtmp?.port,
    cameraPort: camera?.port,
    whipPort: whip?.port,
    close: () => {
      closing ??= end();
      return closing;
    },
  };
}

async function inTime(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => undefined), enough]);
  clearTimeout(timer);
}
