import type { StreamFormat } from '@topicast/media/mpegts';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import type { Ffmpeg } from '../ffmpeg/find.js';
import type { ProcessGuard } from '../ffmpeg/guard.js';
import { type ProcessExit, startFfmpeg } from '../ffmpeg/process.js';
import { feedTestPicture } from '../test-picture/feed.js';
import { Pacer } from './pacer.js';

export interface EncodeOptions {
  readonly ffmpeg: Ffmpeg;
  readonly guard: ProcessGuard;
  readonly args: readonly string[];
  readonly testPicture: boolean;
  /** A recording, which ffmpeg reads as fast as it is allowed to. */
  readonly paced: boolean;
  readonly onChunk: (chunk: Chunk, format: StreamFormat) => void;
  /** Called with ffmpeg's last words, once a second. */
  readonly onLines: (lines: string[]) => void;
  /** How long it may say nothing: before its first chunk, and after it. */
  readonly silenceMs: { readonly first: number; readonly next: number };
}

/** One run of ffmpeg from start to end. Resolves when the process is gone; `silent`: it was ended for saying nothing. */
export async function encode(
  options: EncodeOptions,
  signal: AbortSignal,
): Promise<ProcessExit & { silent: boolean }> {
  let deadline = performance.now() + options.silenceMs.first;
  const emit = (chunk: Chunk): void => options.onChunk(chunk, chunker.format);
  const pacer = options.paced
    ? new Pacer(emit, { pause: () => child.pause(), resume: () => child.resume() })
    : undefined;
  const chunker = new Chunker((chunk) => {
    deadline = performance.now() + options.silenceMs.next;
    if (pacer) pacer.push(chunk);
    else emit(chunk);
  });
  const child = startFfmpeg({
    path: options.ffmpeg.path,
    args: options.args,
    fed: options.testPicture,
    guard: options.guard,
    onOutput: (bytes) => chunker.push(bytes),
  });

  const running = new AbortController();
  if (child.feeds) feedTestPicture(child.feeds, running.signal);
  let silent = false;
  const watch = setInterval(() => {
    options.onLines(child.lines());
    if (performance.now() < deadline) return;
    silent = true;
    end();
  }, 1_000);
  const end = (): void => {
    running.abort();
    child.end();
  };
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();

  const exit = await child.exited;
  signal.removeEventListener('abort', end);
  clearInterval(watch);
  running.abort();
  chunker.end();
  pacer?.close();
  return { ...exit, silent };
}
