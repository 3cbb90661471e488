import { isVerdictOnMedia } from './explain.js';
import type { Ffmpeg } from './find.js';
import type { ProcessGuard } from './guard.js';
import { type EncoderInput, opening } from './input.js';
import { startFfmpeg } from './process.js';

/** What ffmpeg finds in a source; codecs have ffmpeg's names. */
export interface Probe {
  /** Absent: live. */
  readonly durationSeconds: number | undefined;
  readonly video: string | undefined;
  /** Of each track. */
  readonly audio: readonly string[];
  /** Which of the data tracks is timed ID3, from 0. */
  readonly id3: number | undefined;
  /** Lines of the picture. */
  readonly height: number | undefined;
}

type ProbeResult =
  | { readonly ok: true; readonly probe: Probe }
  /** `isCertain`: ffmpeg has judged the media, and would find the same again. */
  | { readonly ok: false; readonly isCertain: boolean; readonly lines: string[] };

const PROBE_TIMEOUT_MS = 15_000;

/** Open a source and look at its content. (The dependencies contain no ffprobe.) */
export async function probeSource(
  input: EncoderInput,
  ffmpeg: Ffmpeg,
  guard: ProcessGuard,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const child = startFfmpeg({
    path: ffmpeg.path,
    args: ['-nostdin', '-hide_banner', '-loglevel', 'info', ...opening(input, ffmpeg.libavformat)],
    fed: false,
    environment: input.kind === 'url' ? input.fence?.environment : undefined,
    guard,
    onOutput: () => undefined,
    // Long lists of chapters and tags stand between the lines that matter.
    keepLines: 2_000,
  });
  const end = (): void => child.end();
  const timer = setTimeout(end, PROBE_TIMEOUT_MS);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const { lines, isOwnVerdict } = await child.exited;
  clearTimeout(timer);
  signal.removeEventListener('abort', end);
  const probe = readProbe(lines);
  const isCertain = isOwnVerdict && isVerdictOnMedia(lines);
  return probe
    ? { ok: true, probe }
    : { ok: false, isCertain, lines: lines.filter((line) => !line.startsWith('At least one')) };
}

/** Read the output of `ffmpeg -i`; undefined if the source could not be opened. */
export function readProbe(lines: readonly string[]): Probe | undefined {
  if (!lines.some((line) => line.startsWith('Input #0'))) return undefined;
  const codecs = (kind: string): string[] =>
    lines
      .filter((line) => !line.includes('(attached pic)'))
      .map((line) => new RegExp(`^ {1,9}Stream #0:\\d{1,6}.*?: ${kind}: (\\w+)`).exec(line)?.[1])
      .filter((name) => name !== undefined);
  const id3 = codecs('Data').indexOf('timed_id3');
  const duration = lines
    .map((line) => /^ {1,9}Duration: (\d{1,9}):(\d\d):(\d\d(?:\.\d+)?)/.exec(line))
    .find((match) => match !== null);
  return {
    durationSeconds: duration
      ? Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3])
      : undefined,
    video: codecs('Video')[0],
    audio: codecs('Audio'),
    id3: id3 < 0 ? undefined : id3,
    height: heightIn(lines),
  };
}

function heightIn(lines: readonly string[]): number | undefined {
  const line = lines.find(
    (each) => /^ {1,9}Stream #0:\d{1,6}.*?: Video: /.test(each) && !each.includes('(attached pic)'),
  );
  const size = line && /, \d{2,5}x(\d{2,5})\b/.exec(line);
  return size ? Number(size[1]) : undefined;
}
