import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Source } from '@topicast/contracts/http';
import type { StreamStatus } from '@topicast/contracts/tables';
import type { Chunk, ChunkerStats, StreamFormat } from '@topicast/media/mpegts';
import type { Logger } from 'pino';
import { Backoff } from '../backoff.js';
import type { EncodingSettings } from '../config.js';
import { ffmpegArguments } from '../ffmpeg/arguments.js';
import { explain } from '../ffmpeg/explain.js';
import type { Ffmpeg } from '../ffmpeg/find.js';
import type { ProcessGuard } from '../ffmpeg/guard.js';
import { isLooped } from '../ffmpeg/input.js';
import { inputOf, needsProbe, type Planned, planEncoding } from '../ffmpeg/plan.js';
import { probeSource } from '../ffmpeg/probe.js';
import { type CheckedSource, checkSource, type SourceRules } from '../source/check.js';
import { SourceError } from '../source/source-error.js';
import { encode } from './encode.js';
import { type FileStamp, fileChange, stampOf } from './file-change.js';
import { Meter } from './meter.js';
import { nextSession } from './session.js';

export interface SupervisorOptions {
  readonly source: Source;
  readonly rules: SourceRules;
  readonly ffmpeg: Ffmpeg;
  readonly guard: ProcessGuard;
  readonly encoding: EncodingSettings;
  readonly logger: Logger;
  /** Make the topic, if it is not there. @returns the last session in it. Called before each run. */
  readonly prepare: () => Promise<number>;
  readonly publisher: {
    beginSession(session: number): void;
    push(chunk: Chunk): void;
    /** Count chunks of this session that never came to `push`. */
    lose(chunks: number, reason: string): void;
    readonly state: { readonly dropped: number; readonly trouble: string | undefined };
  };
  readonly report: (change: Partial<StreamStatus>) => void;
  readonly silenceMs?: { readonly first: number; readonly next: number };
  readonly backoff?: Backoff;
}

/** Opening and examining a source takes its time; from then on a live input that is silent for 10 s has failed. */
const SILENCE_MS = { first: 20_000, next: 10_000 };

const TRIED_AGAIN = 'It is tried again when the file changes, or when the stream is started by hand.';

type RunEnd =
  | { readonly why: 'stopped' }
  /** Trying again changes nothing. */
  | { readonly why: 'refused'; readonly problem: string }
  /** Trying again changes nothing before the file is another one. */
  | {
      readonly why: 'unusable';
      readonly problem: string;
      readonly lines: readonly string[];
      readonly file: FileStamp;
    }
  | {
      readonly why: 'failed';
      readonly problem: string;
      readonly lines: readonly string[];
      readonly ranMs: number;
      /** ffmpeg has looked at it, and would find the same again. */
      readonly isCertain: boolean;
    };

/** Keep one encoder running until the signal ends it: the only place that decides about starting it again. */
export async function supervise(options: SupervisorOptions, signal: AbortSignal): Promise<void> {
  const { report, logger, backoff = new Backoff() } = options;
  for (let restarts = 0; !signal.aborted; restarts++) {
    report({ restarts });
    const end = await runOnce(options, signal);
    if (end.why === 'stopped' || signal.aborted) return;
    logger.warn(
      { problem: end.problem },
      end.why === 'refused' ? 'the source is refused' : 'the encoder ended',
    );
    if (end.why === 'refused') {
      report({ state: 'failed', problem: end.problem, encoderLog: [], bitrate: undefined });
      return;
    }
    if (end.why === 'unusable') {
      const problem = `${end.problem} ${TRIED_AGAIN}`;
      report({ state: 'failed', problem, encoderLog: [...end.lines], bitrate: undefined });
      await fileChange(end.file, signal);
      continue;
    }
    // Who was well for a moment is shown as coming back; who never was, as failed.
    const state = end.ranMs > 0 ? 'starting' : 'failed';
    report({ state, problem: end.problem, encoderLog: [...end.lines], bitrate: undefined });
    await sleep(backoff.next(end.ranMs), undefined, { signal }).catch(() => undefined);
  }
}

async function runOnce(options: SupervisorOptions, signal: AbortSignal): Promise<RunEnd> {
  try {
    const source = await checkSource(options.source, options.rules);
    const lastSession = await options.prepare();
    const file = source.kind === 'file' ? await stampOf(source.path) : undefined;
    const planned = await plan(source, options, signal);
    if (signal.aborted) return { why: 'stopped' };
    const session = nextSession(Date.now(), lastSession);
    const end = 'why' in planned ? planned : await run(source, planned, session, options, signal);
    return file && end.why === 'failed' && end.isCertain ? { ...end, why: 'unusable', file } : end;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    if (error instanceof SourceError && error.code === 'refused') return { why: 'refused', problem };
    return { why: 'failed', problem, lines: [], ranMs: 0, isCertain: false };
  }
}

async function plan(
  source: CheckedSource,
  options: SupervisorOptions,
  signal: AbortSignal,
): Promise<Planned | RunEnd> {
  const { ffmpeg, guard } = options;
  if (source.kind === 'url' && source.protocol === 'srt' && !ffmpeg.protocols.has('srt')) {
    return {
      why: 'refused',
      problem: 'This ffmpeg was built without SRT: set FFMPEG_PATH to one that has it.',
    };
  }
  const input = inputOf(source, process.platform);
  let probe: Parameters<typeof planEncoding>[2];
  if (needsProbe(source)) {
    const result = await probeSource(input, ffmpeg, guard, signal);
    if (!result.ok) {
      const problem = explain(source, result.lines, 'it could not be opened');
      return { why: 'failed', problem, lines: result.lines, ranMs: 0, isCertain: result.isCertain };
    }
    probe = result.probe;
  }
  return (
    planEncoding(source, input, probe) ?? {
      why: 'failed',
      problem: 'The source holds neither video nor sound.',
      lines: [],
      ranMs: 0,
      isCertain: true,
    }
  );
}

async function run(
  source: CheckedSource,
  { plan, warning }: Planned,
  session: number,
  options: SupervisorOptions,
  signal: AbortSignal,
): Promise<RunEnd> {
  const { publisher, report, logger, encoding, ffmpeg } = options;
  const meter = new Meter();
  let liveSince: number | undefined;
  let format: StreamFormat = {};
  publisher.beginSession(session);

  const onChunk = (chunk: Chunk, seen: StreamFormat): void => {
    publisher.push(chunk);
    meter.add(chunk, performance.now() as Parameters<Meter['add']>[1]);
    format = seen;
    if (liveSince !== undefined) return;
    liveSince = performance.now();
    logger.info({ session }, 'live');
    const startedAt = new Date().toISOString();
    report({
      state: 'live',
      session,
      startedAt,
      ...formats(format, meter),
      problem: warning,
      encoderLog: [],
    });
  };
  const onLines = (lines: string[]): void => {
    if (liveSince === undefined) {
      report({ encoderLog: lines });
      return;
    }
    const { dropped, trouble } = publisher.state;
    const copied = plan.video === 'copy' ? meter.warning : undefined;
    report({
      ...formats(format, meter),
      bitrate: meter.bitrate,
      encoderLog: lines,
      droppedChunks: dropped,
      problem: trouble ? `The log takes nothing at the moment: ${trouble}` : (warning ?? copied),
    });
  };
  const threads = Math.min(4, availableParallelism());
  const args = ffmpegArguments(plan, { ...encoding, threads, libavformat: ffmpeg.libavformat });
  const silenceMs = {
    ...(options.silenceMs ?? SILENCE_MS),
    ...(isListening(source) && { first: Number.POSITIVE_INFINITY }),
  };
  const kind = { testPicture: source.kind === 'test', paced: isLooped(plan.input) };
  const onGaps = ({ continuityErrors, droppedAccessUnits }: Readonly<ChunkerStats>): void =>
    logger.warn(
      { session, continuityErrors, droppedAccessUnits },
      "packets of the encoder's output are missing",
    );
  const exit = await encode({ ...options, ...kind, args, onChunk, onLines, onGaps, silenceMs }, signal);
  publisher.lose(exit.heldChunks, 'the encoder ended before their time came');
  if (signal.aborted) return { why: 'stopped' };
  const problem = exit.silent
    ? 'The source sends nothing any more.'
    : exit.clean
      ? 'The source has ended.'
      : explain(source, exit.lines, exit.how);
  const ranMs = liveSince === undefined ? 0 : performance.now() - liveSince;
  const isCertain = liveSince === undefined && exit.isOwnVerdict;
  return { why: 'failed', problem, lines: exit.lines, ranMs, isCertain };
}

/** Such an address waits for somebody to call, which is no failure. */
const isListening = (source: CheckedSource): boolean =>
  source.kind === 'url' &&
  source.protocol === 'srt' &&
  new URL(source.url).searchParams.get('mode') === 'listener';

function formats(format: StreamFormat, meter: Meter): Pick<StreamStatus, 'video' | 'audio'> {
  const frameRate = meter.frameRate ?? format.video?.frameRate;
  return { video: format.video && { ...format.video, frameRate }, audio: format.audio };
}
