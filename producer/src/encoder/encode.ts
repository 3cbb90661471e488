import type { Track } from '@topicast/contracts/catalog';
import { Milliseconds } from '@topicast/contracts/units';
import { type Chunk, Chunker, type ChunkerStats, Continuation, SoundFill } from '@topicast/media/mpegts';
import type { Ffmpeg } from '../ffmpeg/find.js';
import type { ProcessGuard } from '../ffmpeg/guard.js';
import { type ProcessExit, startFfmpeg } from '../ffmpeg/process.js';
import { InputLines, type Seen } from '../ffmpeg/seen.js';
import { feedTestPicture } from '../test-picture/feed.js';
import { LivePacer } from './live-pacer.js';
import { Pacer } from './pacer.js';
import { Rounds } from './rounds.js';
import { Silence, type Silent } from './silence.js';

interface EncodeOptions {
  readonly ffmpeg: Ffmpeg;
  readonly guard: ProcessGuard;
  readonly args: readonly string[];
  /** The arguments with which it begins again when it has ended. */
  readonly again?: (fromSeconds: number) => readonly string[];
  /** Of ffmpeg; if absent, this process's. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly testPicture: 'none' | 'with sound' | 'silent';
  /**
   * `recording`: ffmpeg reads it as fast as we let it. `bursts`: what is live, but may not come evenly. Others pass as they
   * come.
   */
  readonly pace: 'recording' | 'bursts' | 'as it comes';
  readonly renditions: number;
  /** One more output begins when the sound comes that is left out. */
  readonly awaitsSound: boolean;
  /** By how much bursts are expected to be late. */
  readonly delay: Milliseconds;
  /**
   * Called once a second while the source sends a track that the outputs do not have.
   * @param delay what the bursts of the source cost
   */
  readonly onTrackLeftOut: (kind: 'video' | 'audio', delay: Milliseconds) => void;
  /** Called with the chunks of each output; those of the best are paced, and the others follow them. */
  readonly onChunk: (rendition: number, chunk: Chunk, tracks: readonly Track[]) => void;
  /** The sound is encoded here, so that silence can take its place where it is missing. */
  readonly fillsSound: boolean;
  /** Called once with the picture of a source that nobody has looked at, before anything of it is encoded. */
  readonly onSeen: (seen: Seen) => void;
  /** Called with ffmpeg's last words, once a second. */
  readonly onLines: (lines: string[], found: SourceFacts) => void;
  /** Called when packets of ffmpeg's output are missing, at most once a second. */
  readonly onGaps: (stats: Readonly<ChunkerStats>) => void;
  /** How long it may be silent: before its first chunk, and after it; or one output while others are not. */
  readonly silenceMs: { readonly first: number; readonly next: number };
}

/** How a source comes at present. */
export interface SourceFacts {
  /** The sound is missing. */
  readonly isSilent: boolean;
  /** The pictures pause. */
  readonly isStill: boolean;
  /** What its bursts cost. */
  readonly delay: Milliseconds;
}

export interface EncoderExit extends ProcessExit {
  /** It was ended because of this. */
  readonly silent: Silent | undefined;
  /** Chunks that were encoded early and whose time never came. */
  readonly heldChunks: number;
  /** PES packets of sound that came after silence had taken their place. */
  readonly lateSound: number;
}

/** ffmpeg keeps the tracks that it found when it opened the source. */
const NEW_TRACK = /^(?:\[[^\]]{1,80}\] )?New (video|audio) stream /;

/** One run of ffmpeg from start to end, or several of a recording. Resolves when the process is gone. */
export async function encode(options: EncodeOptions, signal: AbortSignal): Promise<EncoderExit> {
  const { renditions, onChunk, silenceMs } = options;
  const found = new Set<'video' | 'audio'>();
  const input = new InputLines(options.onSeen);
  const silence = new Silence(renditions, silenceMs, Milliseconds.now());
  const emit = (chunk: Chunk): void => onChunk(0, chunk, chunkers[0]!.tracks);
  const sound = options.fillsSound ? new SoundFill() : undefined;
  const valve = { pause: () => child.pause(), resume: () => child.resume() };
  const smoother = options.pace === 'bursts' ? new LivePacer(emit, valve, options.delay) : undefined;
  const pacer = options.pace === 'recording' ? new Pacer(emit, valve) : smoother;
  const rounds = new Rounds();
  const chunkers = Array.from(
    { length: renditions },
    (_, rendition) =>
      new Chunker((chunk) => {
        silence.note(rendition, chunk, Milliseconds.now());
        const { tracks } = chunkers[rendition]!;
        if (rendition > 0) {
          onChunk(rendition, chunk, tracks);
          return;
        }
        const whole = sound ? sound.push(chunk, tracks) : chunk;
        if (!whole) return;
        rounds.note(whole);
        if (pacer) pacer.push(whole);
        else emit(whole);
      }),
  );
  const joined = options.again
    ? chunkers.map((chunker) => new Continuation((packet) => chunker.push(packet)))
    : [];
  const start = (args: readonly string[]) =>
    startFfmpeg({
      path: options.ffmpeg.path,
      args,
      fed: options.testPicture !== 'none',
      environment: options.environment,
      guard: options.guard,
      outputs: renditions + (options.awaitsSound ? 1 : 0),
      onOutput: (bytes, output) => {
        if (output === renditions) found.add('audio');
        else (joined[output] ?? chunkers[output]!).push(bytes);
      },
      onLine: (line) => {
        input.take(line);
        const kind = NEW_TRACK.exec(line)?.[1];
        if (kind === 'video' || kind === 'audio') found.add(kind);
      },
    });
  let child = start(options.args);

  const running = new AbortController();
  if (child.feeds) {
    const { video, audio } = child.feeds;
    feedTestPicture(options.testPicture === 'silent' ? { video } : { video, audio }, running.signal);
  }
  let silent: Silent | undefined;
  const knownGaps = chunkers.map(() => 0);
  const lookForGaps = (): void => {
    for (const [rendition, { stats }] of chunkers.entries()) {
      if (stats.continuityErrors > knownGaps[rendition]!) options.onGaps(stats);
      knownGaps[rendition] = stats.continuityErrors;
    }
  };
  const watch = setInterval(() => {
    const delay = smoother?.delay ?? Milliseconds.zero;
    const isStill = options.pace !== 'recording' && silence.isStill(Milliseconds.now());
    options.onLines(child.lines(), { isSilent: sound?.isFilling === true, isStill, delay });
    lookForGaps();
    const { tracks } = chunkers[0]!;
    for (const kind of found) {
      if (tracks.length > 0 && !tracks.some((track) => track.kind === kind))
        options.onTrackLeftOut(kind, delay);
    }
    // An encoder that is held back is silent, and so is a source between two bursts.
    if (pacer?.isFull) silence.excuseBest(Milliseconds.now());
    else if (smoother?.isHolding) silence.excuse(Milliseconds.now());
    silent ??= silence.at(Milliseconds.now());
    if (silent !== undefined) end();
  }, 1_000);
  const end = (): void => {
    running.abort();
    child.end();
  };
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();

  const roundExit = async (): Promise<ProcessExit> => {
    const exit = await child.exited;
    for (const continuation of joined) continuation.begin();
    for (const chunker of chunkers) chunker.end();
    lookForGaps();
    return exit;
  };
  let exit = await roundExit();
  while (options.again && exit.clean && !running.signal.aborted) {
    const from = rounds.next(sound?.span);
    if (from === undefined) break;
    child = start(options.again(from));
    if (pacer?.isFull) child.pause();
    exit = await roundExit();
  }
  signal.removeEventListener('abort', end);
  clearInterval(watch);
  running.abort();
  if (smoother) await smoother.drained(signal);
  return { ...exit, silent, heldChunks: pacer?.close() ?? 0, lateSound: sound?.dropped ?? 0 };
}
