import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Source } from '@topicast/contracts/http';
import { ladderProblem, type Rung } from '@topicast/contracts/ladder';
import type { StreamStatus } from '@topicast/contracts/tables';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { ChunkerStats } from '@topicast/media/mpegts';
import { isCalled, type JudgedSource, judgeSource, SourceError, type SourceRules } from '@topicast/sources';
import { type Network, type OpenSource, openSource } from '@topicast/sources/open';
import type { Logger } from 'pino';
import type { EncodingSettings } from '../config.js';
import { ffmpegArguments } from '../ffmpeg/arguments.js';
import { explain, explainSilence, isVerdictOnMedia } from '../ffmpeg/explain.js';
import { type Ffmpeg, whatItLacks } from '../ffmpeg/find.js';
import type { ProcessGuard } from '../ffmpeg/guard.js';
import { type EncoderInput, isLooped } from '../ffmpeg/input.js';
import { hdrOf, needsOtherPlan, type Picture } from '../ffmpeg/picture.js';
import { inputOf, NOTHING_TO_STREAM, needsProbe, type Planned, planEncoding } from '../ffmpeg/plan.js';
import { probeSource } from '../ffmpeg/probe.js';
import { canBeReadTwice } from '../hand-over.js';
import type { StreamPublisher } from '../publish/stream-publisher.js';
import { AT_THE_NEXT_CALL, NOBODY_SENDS, TRACK_LEFT_OUT, whatIsAwaited } from './caller.js';
import { type EncoderExit, encode, type SourceFacts } from './encode.js';
import { type FileStamp, fileChange, stampOf } from './file-change.js';
import { Restarts } from './restarts.js';
import { nextSession } from './session.js';
import { SessionCatalog } from './session-catalog.js';
import { Entrance, type Succession, Successor } from './succession.js';

export interface SupervisorOptions {
  readonly source: Source;
  readonly ladder?: readonly Rung[] | undefined;
  readonly rules: SourceRules;
  /** If absent, the internet. */
  readonly network?: Network;
  readonly ffmpeg: Ffmpeg;
  readonly guard: ProcessGuard;
  readonly encoding: EncodingSettings;
  readonly logger: Logger;
  /** Create the topic if it does not exist. @returns the last session in it. Called before each run. */
  readonly prepare: () => Promise<number>;
  readonly publisher: Pick<StreamPublisher, 'beginSession' | 'push' | 'lose' | 'state'>;
  readonly report: (change: Partial<StreamStatus>) => void;
  readonly silenceMs?: { readonly first: number; readonly next: number };
  /** Another producer is about to take the stream over: no new session may begin. */
  readonly isLeaving?: () => boolean;
}

/** Opening and examining a source takes some time. After that, a live input that is silent for 10 s has failed. */
const SILENCE_MS = { first: 20_000, next: 10_000 };

/** Longer than most sources need for a keyframe. One that gives nothing may wait for a track that does not come, so we look. */
const UNSEEN_MS = 12_000;

const TRIED_AGAIN = 'We try again when the file changes, or when you start the stream.';
const SOUND_MISSING = 'The source sends no sound at present: silence takes its place.';
const PICTURES_MISSING = 'The source sends no pictures at present: the last one stays.';
/** Streamers do not ask about less. */
const TOLD_DELAY_MS = 1_000;

type RunEnd =
  | { readonly why: 'stopped' }
  /** Another encoder is on air, and has this end. */
  | { readonly why: 'replaced'; readonly by: Promise<RunEnd> }
  /** Trying again changes nothing. */
  | { readonly why: 'refused'; readonly problem: string }
  /** Trying again changes nothing until the file changes. */
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
      /** ffmpeg has examined the media, and would come to the same result again. */
      readonly isCertain: boolean;
      /** It gave nothing, and did not say why. */
      readonly isSilent: boolean;
    };

/** The picture is another one than the encoder was planned for, as it has said before it encoded anything. */
interface Misjudged {
  readonly why: 'misjudged';
}

/** What encoders have found in a source that nobody looks at before. */
interface Memory {
  /** Only one that has to be converted. */
  picture?: Picture | undefined;
}

type EncoderSettings = SupervisorOptions & { readonly memory: Memory };

/** Keep one encoder running until the signal ends it. This is the only place that decides about restarting it. */
export async function supervise(options: SupervisorOptions, signal: AbortSignal): Promise<void> {
  const { report, logger, source } = options;
  const wasCalled = source.kind === 'url' && !isCalled(source.url);
  const pauses = new Restarts();
  const memory: Memory = {};
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
    const problem = ladderProblem(options.source, options.ladder);
    if (problem) return { why: 'refused', problem };
    const source = await judgeSource(options.source, options.rules);
    const lastSession = await options.prepare();
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
      const session = nextSession(Date.now(), lastSession);
      const context = { options, succession, isUnseen, isCorrected, stopped: signal };
      const end = await run(source, opened, planned, session, context, running);
      return end.why === 'misjudged' ? begin(looks, isUnseen, true) : end;
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
    const result = await probeSource(input, ffmpeg, guard, signal);
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
      seen: options.memory.picture,
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

interface RunOptions {
  readonly options: EncoderSettings;
  readonly succession: Succession | undefined;
  /** Nobody has looked at the source. */
  readonly isUnseen: boolean;
  /** It was planned anew, which is done once. */
  readonly isCorrected: boolean;
  /** Ends this encoder and those that follow it; what the source's fence refuses ends this one alone. */
  readonly stopped: AbortSignal;
}

async function run(
  source: JudgedSource,
  opened: OpenSource,
  { plan, notes }: Planned,
  session: number,
  { options, succession, isUnseen, isCorrected, stopped }: RunOptions,
  signal: AbortSignal,
): Promise<RunEnd | Misjudged> {
  const { publisher, report, logger, encoding, ffmpeg, memory } = options;
  const successor = new Successor<RunEnd>(
    (next, attempt) => runOnce(options, AbortSignal.any([stopped, attempt]), next),
    (end) => logger.info({ session, end }, 'the track could not be taken in'),
  );
  const renditions = plan.ladder?.length ?? 1;
  const offered = new SessionCatalog(session, renditions);
  let liveSince: number | undefined;
  let leavesOut = false;
  let advice: string | undefined;
  const misjudged = new AbortController();
  const onPicture = (found: Picture): void => {
    if (!ffmpeg.mapsTones || !needsOtherPlan(memory.picture, found)) return;
    memory.picture = hdrOf(found) && found;
    // A caller would have to come again, and may not.
    if (isListening(source)) advice = AT_THE_NEXT_CALL;
    else if (!isCorrected) misjudged.abort();
  };
  const onRecord: Parameters<StreamPublisher['beginSession']>[0]['onRecord'] = (rendition, record) => {
    offered.noteRecord(rendition, record);
    if (liveSince !== undefined || !offered.isComplete) return;
    liveSince = performance.now();
    logger.info({ session, renditions }, 'live');
    const startedAt = new Date().toISOString();
    const { catalog } = offered;
    report({
      state: 'live',
      session,
      startedAt,
      catalog,
      problem: undefined,
      notes: advice === undefined ? [...notes] : [...notes, advice],
      encoderLog: [],
    });
  };
  const entrance = new Entrance(
    succession,
    () => publisher.beginSession({ session, renditions, onRecord }),
    (rendition, chunk) => publisher.push(rendition, chunk),
  );
  const isOver = (): boolean => signal.aborted || successor.replaced.aborted || misjudged.signal.aborted;
  const onChunk: Parameters<typeof encode>[0]['onChunk'] = (rendition, chunk, tracks) => {
    offered.noteTracks(rendition, tracks);
    // What an encoder still had when it was stopped belongs to its session; a new one does not begin with it.
    if (!successor.replaced.aborted && !misjudged.signal.aborted && (entrance.isOpen || !signal.aborted))
      entrance.push(rendition, chunk, tracks);
  };
  const onTrackLeftOut: Parameters<typeof encode>[0]['onTrackLeftOut'] = (kind, delay) => {
    if (liveSince === undefined || isOver()) return;
    // Of a recording, another encoder would begin at its beginning.
    if (isLooped(plan.input)) return;
    leavesOut = isListening(source);
    if (!canBeReadTwice(options.source)) return;
    if (options.isLeaving?.()) return;
    successor.attempt({ kinds: [...new Set([kind, ...offered.kinds])], delay });
  };
  const onLines: Parameters<typeof encode>[0]['onLines'] = (said, found) => {
    if (!entrance.isOpen || isOver()) return;
    const lines = opened.told(said);
    if (liveSince === undefined) {
      const problem = isListening(source) ? whatIsAwaited(lines) : undefined;
      report({ encoderLog: lines, ...(problem !== undefined && { state: 'starting', problem }) });
      return;
    }
    const { dropped, trouble } = publisher.state;
    const copied = plan.video === 'copy' ? offered.copyWarning : undefined;
    report({
      catalog: offered.catalog,
      encoderLog: lines,
      droppedChunks: dropped,
      problem: trouble && `The log does not accept chunks at the moment: ${trouble}`,
      notes: [...notes, advice, copied, leavesOut ? TRACK_LEFT_OUT : undefined, ...inWords(found)].filter(
        (note) => note !== undefined,
      ),
    });
  };
  const threads = Math.min(4, availableParallelism());
  const how = { ...encoding, threads, libavformat: ffmpeg.libavformat };
  const args = ffmpegArguments(plan, how);
  const silence = options.silenceMs ?? SILENCE_MS;
  const silenceMs = {
    first: isUnseen ? Math.min(silence.first, UNSEEN_MS) : silence.first,
    next: silence.next,
    ...(isListening(source) && { first: Number.POSITIVE_INFINITY }),
  };
  const kind = {
    testPicture: source.kind === 'test',
    pace: paceOf(plan.input),
    fillsSound: plan.audio === 'encode',
  };
  const onGaps = ({ continuityErrors, droppedAccessUnits }: Readonly<ChunkerStats>): void =>
    logger.warn(
      { session, continuityErrors, droppedAccessUnits },
      "packets are missing in the encoder's output",
    );
  const environment = opened.fence?.environment;
  const exit = await encode(
    {
      ...{ ...options, ...kind, renditions, args, environment, silenceMs },
      awaitsSound: plan.awaitedSound !== undefined,
      ...(plan.isBegunAnew && {
        again: (fromSeconds: number) => ffmpegArguments(plan, { ...how, fromSeconds }),
      }),
      delay: succession?.delay ?? Milliseconds.zero,
      ...{ onChunk, onLines, onGaps, onTrackLeftOut, onPicture },
    },
    AbortSignal.any([signal, successor.replaced, misjudged.signal]),
  );
  // What it still held is on air again, by the other one.
  const replaced = await successor.settle();
  if (replaced) return { why: 'replaced', ...replaced };
  if (exit.lateSound > 0) {
    logger.info({ session, packets: exit.lateSound }, 'sound came too late, and silence had taken its place');
  }
  if (entrance.isOpen) publisher.lose(exit.heldChunks, 'the encoder ended before they were due');
  if (signal.aborted) return { why: 'stopped' };
  if (misjudged.signal.aborted) return { why: 'misjudged' };
  const lines = opened.told(exit.lines);
  const hasRun = liveSince !== undefined;
  const problem = whyItEnded(exit, lines, source, hasRun);
  const ranMs = liveSince === undefined ? 0 : performance.now() - liveSince;
  const isCertain = liveSince === undefined && exit.isOwnVerdict && isVerdictOnMedia(exit.lines);
  const isSilent = exit.silent !== undefined && liveSince === undefined;
  return { why: 'failed', problem, lines, ranMs, isCertain, isSilent };
}

function whyItEnded(
  { silent, clean, how }: EncoderExit,
  lines: readonly string[],
  source: JudgedSource,
  hasRun: boolean,
): string {
  if (silent === 'source') return explainSilence(lines, hasRun);
  if (silent !== undefined) {
    return `The encoder gave no more pictures of rendition ${silent} while the others went on.`;
  }
  if (isListening(source) && hasRun) return NOBODY_SENDS;
  return clean ? 'The source has ended.' : explain(source, lines, how);
}

/** Over HTTP, sources come in segments, or as fast as they are read. */
const paceOf = (input: EncoderInput): Parameters<typeof encode>[0]['pace'] => {
  if (isLooped(input)) return 'recording';
  return input.kind === 'url' && input.protocol.startsWith('http') ? 'bursts' : 'as it comes';
};

function inWords({ isSilent, isStill, delay }: SourceFacts): string[] {
  const late = `The source comes in bursts: they are evened out, which delays it by ${(delay / 1_000).toFixed(1)} s.`;
  return [
    ...(isStill ? [PICTURES_MISSING] : []),
    ...(isSilent ? [SOUND_MISSING] : []),
    ...(delay < TOLD_DELAY_MS ? [] : [late]),
  ];
}

/** A listening address waits for a caller, so silence is not a failure. */
const isListening = (source: JudgedSource): boolean => source.kind === 'url' && source.listens;
