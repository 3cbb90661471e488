import { setTimeout as sleep } from 'node:timers/promises';
import { encodingProblem } from '@topicast/contracts/encoding';
import { ladderProblem } from '@topicast/contracts/ladder';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { isCalled, type JudgedSource, judgeSource, SourceError } from '@topicast/sources';
import { type OpenSource, openSource } from '@topicast/sources/open';
import { explain } from '../ffmpeg/explain.js';
import { whatItLacks } from '../ffmpeg/find.js';
import { inputOf, NOTHING_TO_STREAM, needsProbe, type Planned, planEncoding } from '../ffmpeg/plan.js';
import { probeSource } from '../ffmpeg/probe.js';
import { NOTHING_SEEN } from '../ffmpeg/seen.js';
import { chooseEncoder, failedHardware } from './chosen-encoder.js';
import type { EncoderSettings, Memory, SupervisorOptions } from './encoder-settings.js';
import { fileChange, stampOf } from './file-change.js';
import { Restarts } from './restarts.js';
import { run } from './run.js';
import type { RunEnd } from './run-end.js';
import { nextSession } from './session.js';
import type { Succession } from './succession.js';

const TRIED_AGAIN = 'We try again when the file changes, or when you start the stream.';
/** Keep one encoder running until the signal ends it. This is the only place that decides about restarting it. */
export async function supervise(options: SupervisorOptions, signal: AbortSignal): Promise<void> {
  const { report, logger, source } = options;
  const wasCalled = source.kind === 'url' && !isCalled(source.url);
  const pauses = new Restarts();
  const memory: Memory = { seen: NOTHING_SEEN, failed: undefined };
  for (let restarts = 0; !signal.aborted; restarts++) {
    report({ restarts });
    let end = await runOnce({ ...options, memory }, signal);
    while (end.why === 'replaced') end = await end.by;
    if (end.why === 'stopped' || signal.aborted) return;
    logger.warn(
      { problem: end.problem },
      end.why === 'refused' ? 'the source was refused' : 'the encoder ended',
    );
    if (end.why === 'refused') {
      report({ state: 'failed', problem: end.problem, notes: [], encoderLog: [], catalog: undefined });
      return;
    }
    if (end.why === 'unusable') {
      const problem = `${end.problem} ${TRIED_AGAIN}`;
      report({ state: 'failed', problem, notes: [], encoderLog: [...end.lines], catalog: undefined });
      await fileChange(end.file, signal);
      continue;
    }
    const ran = milliseconds(end.ranMs);
    const { state, pause } = pauses.after({ ran, wasCalled }, Milliseconds.now(), Math.random());
    report({ state, problem: end.problem, notes: [], encoderLog: [...end.lines], catalog: undefined });
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

async function runOnce(
  options: EncoderSettings,
  signal: AbortSignal,
  succession?: Succession,
): Promise<RunEnd> {
  try {
    const { ladder, encoding, hardware, memory } = options;
    const other = encodingProblem({ source: options.source, ladder, encoding: encoding.asked });
    const problem = ladderProblem(options.source, ladder) ?? other?.message;
    if (problem) return { why: 'refused', problem };
    const source = await judgeSource(options.source, options.rules);
    let session = await options.prepare();
    await using opened = await openSource(source, signal, options.network);
    const running = AbortSignal.any([signal, opened.refused]);
    const file = source.kind === 'file' ? await stampOf(source.path) : undefined;
    // A look finds the tracks by itself.
    const isPatient = succession !== undefined && !needsProbe(source);
    const begin = async (looks: boolean, isUnseen: boolean, isCorrected = false): Promise<RunEnd> => {
      const planned = await plan(source, opened, { isPatient, looks }, options, running);
      if (signal.aborted) return { why: 'stopped' };
      opened.refused.throwIfAborted();
      if ('why' in planned) return planned;
      const chosen = await chooseEncoder(encoding.asked?.encoder, hardware, memory.failed);
      if (signal.aborted) return { why: 'stopped' };
      // Above that of an encoder that has just failed here, also if the clock was set back meanwhile.
      session = nextSession(Date.now(), session);
      const succeed = (next: Succession, attempt: AbortSignal): Promise<RunEnd> =>
        runOnce(options, AbortSignal.any([signal, attempt]), next);
      const context = { options, succeed, succession, chosen, isUnseen, isCorrected };
      const end = await run(source, opened, planned, session, context, running);
      if (end.why === 'misjudged') return begin(looks, isUnseen, true);
      const failed = failedHardware(chosen.encoder, end);
      if (!failed || signal.aborted) return end;
      memory.failed = failed;
      options.logger.warn({ session, end }, 'the hardware encoder has failed: x264 takes over');
      return begin(looks, isUnseen, isCorrected);
    };
    const looks = needsProbe(source);
    const isUnseen = source.kind === 'url' && !looks && !source.listens && !succession;
    let end = await begin(looks, isUnseen);
    if (isUnseen && end.why === 'failed' && end.isSilent) {
      const seen = await begin(true, false);
      // A source that says nothing at all has been told of already.
      if (seen.why !== 'failed' || seen.ranMs > 0) end = seen;
    }
    if (!signal.aborted) opened.refused.throwIfAborted();
    return file && end.why === 'failed' && end.isCertain ? { ...end, why: 'unusable', file } : end;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    if (error instanceof SourceError && error.code !== 'unreachable') return { why: 'refused', problem };
    return { why: 'failed', problem, lines: [], ranMs: 0, isCertain: false, isSilent: false };
  }
}

async function plan(
  source: JudgedSource,
  opened: OpenSource,
  { isPatient, looks }: { readonly isPatient: boolean; readonly looks: boolean },
  options: EncoderSettings,
  signal: AbortSignal,
): Promise<Planned | RunEnd> {
  const { ffmpeg, guard } = options;
  const lacking = whatItLacks(ffmpeg, source);
  if (lacking) return { why: 'refused', problem: lacking };
  const input = inputOf(source, process.platform, opened.fence);
  let probe: Parameters<typeof planEncoding>[2];
  if (looks) {
    const result = await probeSource(
      input,
      ffmpeg,
      guard,
      signal,
      'programme' in source ? source.programme : undefined,
    );
    if (!result.ok) {
      const lines = opened.told(result.lines);
      const problem = explain(source, lines, 'it could not be opened');
      return { why: 'failed', problem, lines, ranMs: 0, isCertain: result.isCertain, isSilent: false };
    }
    probe = result.probe;
  }
  return (
    planEncoding(source, input, probe, {
      ...{ ladder: options.ladder, limits: options.encoding },
      ...{ mapsTones: ffmpeg.mapsTones, libavformat: ffmpeg.libavformat, isPatient },
      seen: options.memory.seen,
    }) ?? {
      why: 'failed',
      problem: NOTHING_TO_STREAM,
      lines: [],
      ranMs: 0,
      isCertain: true,
      isSilent: false,
    }
  );
}
