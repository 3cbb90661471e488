import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { outputDescriptor } from './arguments.js';
import type { ProcessGuard } from './guard.js';
import { StderrTail } from './stderr-tail.js';

const KILL_AFTER_MS = 2_000;
/** All outputs end together when ffmpeg does; one that has ended alone this long has failed. */
const ENDED_ALONE_MS = 2_000;

export interface ProcessExit {
  /** Exit code, signal, or the system's reason why it could not be started. */
  readonly how: string;
  readonly clean: boolean;
  readonly lines: readonly string[];
}

export interface FfmpegProcess {
  readonly pid: number | undefined;
  /** Raw frames and raw sound go in here; only where they were asked for. */
  readonly feeds: { readonly video: Writable; readonly audio: Writable } | undefined;
  readonly lines: () => string[];
  /** Resolves when the process is gone and all that it wrote has been read; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Leave its output where it is, which holds it back; and go on reading. */
  pause(): void;
  resume(): void;
  /** SIGTERM, and SIGKILL if that does not help. */
  end(): void;
}

/** Start ffmpeg. What it writes goes to `onOutput`, as it comes. When one of several outputs ends, it is ended. */
export function startFfmpeg(options: {
  readonly path: string;
  readonly args: readonly string[];
  readonly fed: boolean;
  /** This process's, if absent. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly guard: ProcessGuard;
  /** How many outputs it has; one, if absent. The first is its standard output, see `outputDescriptor`. */
  readonly outputs?: number;
  readonly onOutput: (bytes: Uint8Array, output: number) => void;
  /** Lines of its standard error that are kept. */
  readonly keepLines?: number;
}): FfmpegProcess {
  const count = options.outputs ?? 1;
  const feed = options.fed ? 'pipe' : 'ignore';
  const child = spawn(options.path, options.args, {
    stdio: [feed, 'pipe', 'pipe', feed, ...Array<'pipe'>(count - 1).fill('pipe')],
    env: options.environment ?? process.env,
    // Ctrl-C in a terminal is for this process, which then ends its children in order.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  options.guard.watch(child);
  const tail = new StderrTail(options.keepLines);
  let endedAlone: NodeJS.Timeout | undefined;
  const outputs = Array.from({ length: count }, (_, number) => {
    const output = child.stdio[outputDescriptor(number)] as Readable;
    output.on('data', (bytes: Uint8Array) => options.onOutput(bytes, number));
    output.once('end', () => {
      endedAlone ??= setTimeout(end, ENDED_ALONE_MS);
    });
    // A socket that breaks when ffmpeg goes; its exit says why.
    output.on('error', () => undefined);
    return output;
  });
  (child.stderr as Readable).setEncoding('utf8').on('data', (text: string) => tail.push(text));

  const feeds = options.fed
    ? { video: child.stdin as Writable, audio: child.stdio[3] as Writable }
    : undefined;
  // A feed breaks when ffmpeg goes; its exit says why.
  feeds?.video.on('error', () => undefined);
  feeds?.audio.on('error', () => undefined);

  let killing: NodeJS.Timeout | undefined;
  const exited = new Promise<ProcessExit>((resolve) => {
    const done = (how: string, clean: boolean): void => {
      clearTimeout(killing);
      clearTimeout(endedAlone);
      resolve({ how, clean, lines: tail.lines() });
    };
    child.once('error', (error) => child.pid === undefined && done(error.message, false));
    child.once('close', (code, signal) => done(signal ?? `exit code ${code}`, code === 0));
  });
  const resume = (): void => {
    for (const output of outputs) output.resume();
  };
  const end = (): void => {
    if (killing) return;
    // Its output must be read to its end, or the process is never seen to close.
    resume();
    feeds?.video.destroy();
    feeds?.audio.destroy();
    child.kill('SIGTERM');
    killing = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  };
  return {
    pid: child.pid,
    feeds,
    lines: () => tail.lines(),
    exited,
    pause() {
      for (const output of outputs) output.pause();
    },
    resume,
    end,
  };
}
