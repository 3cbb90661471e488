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
  /** Of each data track; `none` if ffmpeg does not know it. */
  readonly data: readonly string[];
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
  const tracks = tracksIn(lines);
  const codecs = (kind: string): string[] => tracks.flatMap((each) => (each.kind === kind ? each.codec : []));
  const duration = lines
    .map((line) => /^ {1,9}Duration: (\d{1,9}):(\d\d):(\d\d(?:\.\d+)?)/.exec(line))
    .find((match) => match !== null);
  const size = /, \d{2,5}x(\d{2,5})\b/.exec(tracks.find(({ kind }) => kind === 'Video')?.line ?? '');
  return {
    durationSeconds: duration
      ? Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3])
      : undefined,
    video: codecs('Video')[0],
    audio: codecs('Audio'),
    data: codecs('Data'),
    height: size ? Number(size[1]) : undefined,
  };
}

interface Track {
  readonly index: number;
  readonly kind: string;
  readonly codec: string;
  readonly line: string;
}

/** By their index, as ffmpeg's `-map` counts them: it prints them by programme, and those of several programmes twice. */
function tracksIn(lines: readonly string[]): Track[] {
  const tracks = new Map<number, Track>();
  for (const line of lines) {
    const [, index, kind, codec] =
      /^ {1,9}Stream #0:(\d{1,6}).*?: (Video|Audio|Data): (\w+)/.exec(line) ?? [];
    if (!kind || !codec || line.includes('(attached pic)')) continue;
    tracks.set(Number(index), { index: Number(index), kind, codec, line });
  }
  return [...tracks.values()].sort((one, other) => one.index - other.index);
}
