import { type ChildProcess, spawn } from 'node:child_process';
import { type Readable, Writable } from 'node:stream';
import { outputDescriptor } from './arguments.js';
import type { ProcessGuard } from './guard.js';
import { StderrTail } from './stderr-tail.js';

const KILL_AFTER_MS = 2_000;
/** All outputs end together when ffmpeg does. An output that ended this long before the others has failed. */
const ENDED_ALONE_MS = 2_000;

export interface ProcessExit {
  /** Exit code, signal, or the system's reason why ffmpeg could not be started. */
  readonly how: string;
  readonly clean: boolean;
  /** It ended by itself and said so by its exit code; false where it was killed, or could not be started. */
  readonly isOwnVerdict: boolean;
  readonly lines: readonly string[];
}

interface FfmpegProcess {
  readonly pid: number | undefined;
  /** What is written here goes in: its standard input, and descriptor 3. As many as were asked for. */
  readonly feeds: readonly Writable[];
  readonly lines: () => string[];
  /** Resolves when the process is gone and everything that it wrote has been read; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /**
   * Stop reading its first output, which holds ffmpeg back, and read on. The other outputs are always read: ffmpeg may
   * have got less far with them.
   */
  pause(): void;
  resume(): void;
  /** Sends SIGTERM to it and all that it started (FFMPEG_PATH may be a wrapper), and SIGKILL to the rest after a while. */
  end(): void;
}

/**
 * Start ffmpeg. Its output goes to `onOutput` as it comes. When one of several outputs ends, ffmpeg is ended. Never throws:
 * where the system has no process left for it, it has ended at once.
 */
export function startFfmpeg(options: {
  readonly path: string;
  readonly args: readonly string[];
  /** How many feeds it has; none, if absent. */
  readonly fed?: 0 | 1 | 2;
  /** If absent, this process's. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly guard: ProcessGuard;
  /** How many outputs it has; one, if absent. The first is its standard output, see `outputDescriptor`. */
  readonly outputs?: number;
  readonly onOutput: (bytes: Uint8Array, output: number) => void;
  /** How many lines of its standard error to keep. */
  readonly keepLines?: number;
  /** Called with each line of it. */
  readonly onLine?: (line: string) => void;
}): FfmpegProcess {
  const count = options.outputs ?? 1;
  const { fed = 0 } = options;
  const pipeIf = (isUsed: boolean) => (isUsed ? 'pipe' : 'ignore');
  const child = trySpawn(options.path, options.args, {
    stdio: [pipeIf(fed > 0), 'pipe', 'pipe', pipeIf(fed > 1), ...Array<'pipe'>(count - 1).fill('pipe')],
    env: options.environment ?? process.env,
    // It gets its own process group, so that Ctrl-C reaches only us, and we end our children in order.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  if (child instanceof Error) return notStarted(child, fed);
  options.guard.watch(child);
  const tail = new StderrTail(options.keepLines, options.onLine);
  let endedAlone: NodeJS.Timeout | undefined;
  const outputs = Array.from({ length: count }, (_, number) => {
    const output = child.stdio[outputDescriptor(number)] as Readable;
    output.on('data', (bytes: Uint8Array) => options.onOutput(bytes, number));
    output.once('end', () => {
      endedAlone ??= setTimeout(end, ENDED_ALONE_MS);
    });
    // The socket breaks when ffmpeg ends; its exit says why.
    output.on('error', () => undefined);
    return output;
  });
  (child.stderr as Readable).setEncoding('utf8').on('data', (text: string) => tail.push(text));

  const feeds = [child.stdin, child.stdio[3]].slice(0, fed) as Writable[];
  // The feed breaks when ffmpeg ends; its exit says why.
  for (const feed of feeds) feed.on('error', () => undefined);

  let killing: NodeJS.Timeout | undefined;
  const exited = new Promise<ProcessExit>((resolve) => {
    const done = (how: string, code: number | null): void => {
      clearTimeout(killing);
      clearTimeout(endedAlone);
      resolve({ how, clean: code === 0, isOwnVerdict: code !== null && !killing, lines: tail.lines() });
    };
    child.once('error', (error) => child.pid === undefined && done(error.message, null));
    child.once('exit', () => isGroupThere(child) && end());
    child.once('close', (code, signal) => {
      killGroup(child, 'SIGKILL');
      done(signal ?? `exit code ${code}`, code);
    });
  });
  const first = outputs[0]!;
  const resume = (): void => {
    first.resume();
  };
  const end = (): void => {
    if (killing) return;
    // Its output must be read to the end, or Node.js never reports that the process has closed.
    resume();
    for (const feed of feeds) feed.destroy();
    killGroup(child, 'SIGTERM');
    killing = setTimeout(() => killGroup(child, 'SIGKILL'), KILL_AFTER_MS);
  };
  return {
    pid: child.pid,
    feeds,
    lines: () => tail.lines(),
    exited,
    pause() {
      first.pause();
    },
    resume,
    end,
  };
}

/** @returns an Error for what Node.js throws (E2BIG, ENOMEM), and for what gets no streams (EMFILE) */
function trySpawn(...how: Parameters<typeof spawn>): ChildProcess | Error {
  try {
    const child = spawn(...how);
    if ((child.stdio as ChildProcess['stdio'] | undefined) !== undefined) return child;
    child.on('error', () => undefined);
    return new Error('no file descriptors are left for another process');
  } catch (error) {
    return error as Error;
  }
}

function notStarted({ message }: Error, fed: number): FfmpegProcess {
  const nothing = (): void => undefined;
  const drain = (): Writable => new Writable({ write: (_bytes, _encoding, done) => done() });
  return {
    ...{ pid: undefined, feeds: Array.from({ length: fed }, drain), lines: () => [] },
    exited: Promise.resolve({ how: message, clean: false, isOwnVerdict: false, lines: [] }),
    ...{ pause: nothing, resume: nothing, end: nothing },
  };
}

const isGroupThere = (child: ChildProcess): boolean => killGroup(child, 0);

/** Signal a process and all that it started, for it leads a process group. @returns whether there was anybody left */
function killGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  if (process.platform === 'win32') return child.kill(signal);
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}
