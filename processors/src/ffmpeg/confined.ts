import { type ChildProcess, spawn } from 'node:child_process';

/** Of address space, in units of 1024 bytes. ffmpeg alone takes some 300 MB, most of which are libraries. */
const MOST_MEMORY_KB = 1_500_000;
const NICENESS = 10;
/** An exec in a shell costs a millisecond, and limits what the very first instruction of ffmpeg can do. */
const SCRIPT = `ulimit -v ${MOST_MEMORY_KB}; exec nice -n ${NICENESS} "$0" "$@"`;
/** It gets no other variable: those of this process contain passwords. */
const INHERITED = ['PATH', 'LD_LIBRARY_PATH', 'SystemRoot'] as const;

/** Decoders of what browsers play and encoders send. ffmpeg has hundreds more, each with its own mistakes. */
const DECODERS = 'h264,hevc,av1,libdav1d,aac,aac_latm,opus,libopus,mp3,mp3float,mp2,mp2float,ac3,eac3';
/** 4096 x 2304, as the largest level of H.264 that browsers play. */
const MOST_PIXELS = 4096 * 2304;
const LARGEST_ALLOCATION = 256 * 1024 * 1024;

/** Options before the input: MPEG-TS that strangers have made, on the standard input, and nothing else. */
export const CONFINED_INPUT: readonly string[] = [
  ...['-hide_banner', '-nostats', '-loglevel', 'error', '-max_alloc', String(LARGEST_ALLOCATION)],
  ...['-filter_threads', '1', '-threads', '1', '-max_pixels', String(MOST_PIXELS)],
  ...['-codec_whitelist', DECODERS, '-protocol_whitelist', 'pipe', '-f', 'mpegts'],
];

/**
 * Start an ffmpeg that reads what strangers have sent: less important than what is on air, with little memory, and
 * without anything of this process but the pipes. It ends by itself if this process dies, because its input ends.
 * @throws {Error} if the system has no room for another process
 * @param outputs how many pipes it writes to: its standard output, then descriptor 3
 */
export function startConfined(ffmpegPath: string, args: readonly string[], outputs: 1 | 2): ChildProcess {
  const env = bareEnvironment();
  const stdio = ['pipe', 'pipe', 'pipe', ...Array<'pipe'>(outputs - 1).fill('pipe')] as const;
  // It leads a process group, which Ctrl-C does not reach and which ends as a whole: FFMPEG_PATH may be a wrapper.
  const detached = process.platform !== 'win32';
  const options = { env, stdio: [...stdio], detached, windowsHide: true };
  const child = detached
    ? spawn('/bin/sh', ['-c', SCRIPT, ffmpegPath, ...args], options)
    : spawn(ffmpegPath, args, options);
  // It may come after we have given up, and must not end this process.
  child.on('error', () => undefined);
  requirePipes(child);
  // The pipes break when it ends; its exit says so.
  for (const pipe of child.stdio) pipe?.on('error', () => undefined);
  return child;
}

/** What a program gets to know of ours. */
export const bareEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]));

/** Node.js makes no pipes if the system has no room for another process. @throws {Error} */
export function requirePipes({ stdio }: { readonly stdio: ChildProcess['stdio'] | undefined }): void {
  if (stdio) return;
  throw new Error('ffmpeg cannot be started: this process has too many open files (ulimit -n)');
}

/** End it and all that it has started, at once. Nothing that it has not written yet is wanted. */
export function killConfined(child: ChildProcess): void {
  for (const pipe of child.stdio) pipe?.destroy();
  // Another process may have its number by now.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
