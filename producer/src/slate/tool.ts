import { setPriority } from 'node:os';
import type { Ffmpeg } from '../ffmpeg/find.js';
import type { ProcessGuard } from '../ffmpeg/guard.js';
import { startFfmpeg } from '../ffmpeg/process.js';

/** At a low priority, on a busy machine. */
const LONGEST_MS = 30_000;
/** A second of stills of 4K has less than 1 MB. */
const MOST_BYTES = 16_000_000;
/** What is live comes first. */
const NICE = 10;

/** The ffmpeg that makes slates. */
export interface Tool {
  readonly ffmpeg: Ffmpeg;
  readonly guard: ProcessGuard;
  /** Ends what runs. */
  readonly signal: AbortSignal;
}

/** Its output for this input. @throws an Error with its last line if it fails */
export async function runTool(
  { ffmpeg, guard, signal }: Tool,
  args: readonly string[],
  input: Uint8Array = new Uint8Array(0),
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const child = startFfmpeg({
    path: ffmpeg.path,
    args: ['-hide_banner', '-nostats', '-loglevel', 'error', ...args, 'pipe:1'],
    fed: 1,
    guard,
    onOutput: (bytes) => {
      size += bytes.byteLength;
      if (size <= MOST_BYTES) parts.push(bytes);
      else child.end();
    },
  });
  lowerPriority(child.pid);
  child.feeds[0]?.end(input);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
  const end = (): void => child.end();
  limit.addEventListener('abort', end, { once: true });
  if (limit.aborted) end();
  const { clean, how, lines } = await child.exited;
  limit.removeEventListener('abort', end);
  if (!clean || size > MOST_BYTES) throw new Error(lines.at(-1) ?? how);
  return Buffer.concat(parts);
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, NICE);
  } catch {
    // It has ended already, which its exit tells.
  }
}
