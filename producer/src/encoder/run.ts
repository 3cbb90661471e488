import { availableParallelism } from 'node:os';
import { Milliseconds } from '@topicast/contracts/units';
import type { ChunkerStats } from '@topicast/media/mpegts';
import type { JudgedSource } from '@topicast/sources';
import type { OpenSource } from '@topicast/sources/open';
import { ffmpegArguments } from '../ffmpeg/arguments.js';
import { isVerdictOnMedia } from '../ffmpeg/explain.js';
import { type EncoderInput, isLooped } from '../ffmpeg/input.js';
import { HDR_STAYS } from '../ffmpeg/notes.js';
import type { Planned } from '../ffmpeg/plan.js';
import { needsOtherPlan, type Seen } from '../ffmpeg/seen.js';
import { canBeReadTwice } from '../hand-over.js';
import type { StreamPublisher } from '../publish/stream-publisher.js';
import { feedTestPicture } from '../test-picture/feed.js';
import { AT_THE_NEXT_CALL, isListening, TRACK_LEFT_OUT, whatIsAwaited } from './caller.js';
import { encode } from './encode.js';
import type { EncoderSettings } from './encoder-settings.js';
import type { Misjudged, RunEnd } from './run-end.js';
import { SessionCatalog } from './session-catalog.js';
import { Entrance, type Succession, Successor } from './succession.js';
import { factsInWords, whyItEnded } from './words.js';

/** Opening and examining a source takes some time. After that, a live input that is silent for 10 s has failed. */
const SILENCE_MS = { first: 20_000, next: 10_000 };

/** Longer than most sources need for a keyframe. One that gives nothing may wait for a track that does not come, so we look. */
const UNSEEN_MS = 12_000;

const TEST_FEED = { inputs: 2, begin: feedTestPicture } as const;

interface RunOptions {
  readonly options: EncoderSettings;
  /** Runs an encoder that shall take over from this one. */
  readonly succeed: (succession: Succession, signal: AbortSignal) => Promise<RunEnd>;
  readonly succession: Succession | undefined;
  /** Nobody has looked at the source. */
  readonly isUnseen: boolean;
  /** It was planned anew, which is done once. */
  readonly isCorrected: boolean;
}

/**
 * Run an encoder until it ends.
 * @param signal ends this encoder; what the source's fence refuses ends it, too
 */
export async function run(
  source: JudgedSource,
  opened: OpenSource,
  { plan, notes }: Planned,
  session: number,
  { options, succeed, succession, isUnseen, isCorrected }: RunOptions,
  signal: AbortSignal,
): Promise<RunEnd | Misjudged> {
  const { publisher, report, logger, encoding, ffmpeg, memory } = options;
  const successor = new Successor<RunEnd>(succeed, (end) =>
    logger.info({ session, end }, 'the track could not be taken in'),
  );
  const renditions = plan.ladder?.length ?? 1;
  const offered = new SessionCatalog(session, renditions);
  let liveSince: number | undefined;
  let leavesOut = false;
  let advice: string | undefined;
  const misjudged = new AbortController();
  const onSeen = (found: Seen): void => {
    if (found.picture && !ffmpeg.mapsTones) advice = HDR_STAYS;
    const seen = ffmpeg.mapsTones ? found : { ...found, picture: undefined };
    if (!needsOtherPlan(memory.seen, seen)) return;
    memory.seen = seen;
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
    const copied = plan.video === 'copy' ? offered.copyWarnings : [];
    report({
      catalog: offered.catalog,
      encoderLog: lines,
      droppedChunks: dropped,
      problem: trouble && `The log does not accept chunks at the moment: ${trouble}`,
      notes: [
        ...notes,
        advice,
        ...copied,
        leavesOut ? TRACK_LEFT_OUT : undefined,
        ...factsInWords(found),
      ].filter((note) => note !== undefined),
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
    ...(source.kind === 'test' && { feed: TEST_FEED }),
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
      ...{ onChunk, onLines, onGaps, onTrackLeftOut, onSeen },
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

/** Over HTTP, sources come in segments, or as fast as they are read. */
const paceOf = (input: EncoderInput): Parameters<typeof encode>[0]['pace'] => {
  if (isLooped(input)) return 'recording';
  return input.kind === 'url' && input.protocol.startsWith('http') ? 'bursts' : 'as it comes';
};
