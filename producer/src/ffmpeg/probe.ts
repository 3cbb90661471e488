import { isVerdictOnMedia } from './explain.js';
import type { Ffmpeg } from './find.js';
import type { ProcessGuard } from './guard.js';
import { type EncoderInput, opening } from './input.js';
import { PACKET_LIST, PacketList } from './packets.js';
import { startFfmpeg } from './process.js';

/** What ffmpeg finds in a source; codecs have ffmpeg's names. */
export interface Probe {
  /** Absent: live. */
  readonly durationSeconds: number | undefined;
  readonly video: string | undefined;
  /** Which of the picture tracks has pictures, from 0: some are announced and stay empty. */
  readonly pictureTrack: number;
  /** Of each track. */
  readonly audio: readonly string[];
  /** Of each data track; `none` if ffmpeg does not know it. */
  readonly data: readonly string[];
  /** Lines of the picture. */
  readonly height: number | undefined;
  /** Pictures a second, as they come: containers guess it, or say nothing. Undefined if too few have come. */
  readonly rate: number | undefined;
  /** Which of the sound tracks has sound and belongs to the pictures, from 0. */
  readonly soundTrack: number;
}

type ProbeResult =
  | { readonly ok: true; readonly probe: Probe }
  /** `isCertain`: ffmpeg has judged the media, and would find the same again. */
  | { readonly ok: false; readonly isCertain: boolean; readonly lines: string[] };

const PROBE_TIMEOUT_MS = 15_000;
/** Since the first packet. */
const LONGEST_LOOK_MS = 5_000;

/** Open a source and look at its content. (The dependencies contain no ffprobe.) */
export async function probeSource(
  input: EncoderInput,
  ffmpeg: Ffmpeg,
  guard: ProcessGuard,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const packets = new PacketList();
  let looking: NodeJS.Timeout | undefined;
  const child = startFfmpeg({
    path: ffmpeg.path,
    args: [
      ...['-nostdin', '-nostats', '-hide_banner', '-loglevel', 'info'],
      ...opening(input, ffmpeg.libavformat),
      ...PACKET_LIST,
    ],
    fed: false,
    environment: input.kind === 'url' ? input.fence?.environment : undefined,
    guard,
    onOutput: (bytes) => {
      looking ??= setTimeout(end, LONGEST_LOOK_MS);
      packets.push(bytes);
      if (packets.isEnough) end();
    },
    // Long lists of chapters and tags stand between the lines that matter.
    keepLines: 2_000,
  });
  const end = (): void => child.end();
  const timer = setTimeout(end, PROBE_TIMEOUT_MS);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const { lines, isOwnVerdict } = await child.exited;
  clearTimeout(timer);
  clearTimeout(looking);
  signal.removeEventListener('abort', end);
  const probe = readProbe(lines, packets);
  const isCertain = isOwnVerdict && isVerdictOnMedia(lines);
  return probe
    ? { ok: true, probe }
    : { ok: false, isCertain, lines: lines.filter((line) => !line.startsWith('At least one')) };
}

/** Read what ffmpeg says about its input; undefined if the source could not be opened. */
export function readProbe(said: readonly string[], packets: PacketList): Probe | undefined {
  const begin = said.findIndex((line) => line.startsWith('Input #0'));
  if (begin < 0) return undefined;
  const end = said.findIndex((line) => line.startsWith('Output #0'));
  const lines = said.slice(begin, end < 0 ? undefined : end);
  const tracks = tracksIn(lines);
  const pictures = tracks.filter(({ kind }) => kind === 'Video');
  const pictureTrack = Math.max(0, packets.has('video').indexOf(true));
  const picture = pictures[pictureTrack];
  const sounds = tracks.filter(({ kind }) => kind === 'Audio');
  const isSound = packets.has('audio');
  const belongs = (track: Track): boolean =>
    !picture ||
    picture.programmes.size === 0 ||
    [...track.programmes].some((one) => picture.programmes.has(one));
  const codecs = (kind: string): string[] => tracks.flatMap((each) => (each.kind === kind ? each.codec : []));
  const duration = lines
    .map((line) => /^ {1,9}Duration: (\d{1,9}):(\d\d):(\d\d(?:\.\d+)?)/.exec(line))
    .find((match) => match !== null);
  const size = /, \d{2,5}x(\d{2,5})\b/.exec(picture?.line ?? '');
  return {
    durationSeconds: duration
      ? Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3])
      : undefined,
    video: picture?.codec,
    pictureTrack,
    audio: codecs('Audio'),
    data: codecs('Data'),
    height: size ? Number(size[1]) : undefined,
    rate: packets.rate,
    soundTrack: firstOf(
      sounds,
      (track, index) => belongs(track) && isSound[index] === true,
      belongs,
      (_, index) => isSound[index] === true,
    ),
  };
}

interface Track {
  readonly index: number;
  readonly kind: string;
  readonly codec: string;
  readonly line: string;
  /** The numbers of those that it is part of. */
  readonly programmes: ReadonlySet<number>;
}

/** @returns the index of the first track for which the first of the conditions holds that holds for any; otherwise 0 */
function firstOf(
  tracks: readonly Track[],
  ...conditions: ((track: Track, index: number) => boolean)[]
): number {
  const found = conditions.map((condition) => tracks.findIndex(condition));
  return found.find((index) => index >= 0) ?? 0;
}

/** By their index, as ffmpeg's `-map` counts them: it prints them by programme, and those of several programmes twice. */
function tracksIn(lines: readonly string[]): Track[] {
  const tracks = new Map<number, Track>();
  let programme: number | undefined;
  for (const line of lines) {
    const [named, number] = /^ {1,9}(?:No Program|Program (\d{1,5}))/.exec(line) ?? [];
    if (named) programme = number === undefined ? undefined : Number(number);
    const [, index, kind, codec] =
      /^ {1,9}Stream #0:(\d{1,6}).*?: (Video|Audio|Data): (\w+)/.exec(line) ?? [];
    if (!kind || !codec || line.includes('(attached pic)')) continue;
    const before = tracks.get(Number(index))?.programmes ?? [];
    const programmes = new Set([...before, ...(programme === undefined ? [] : [programme])]);
    tracks.set(Number(index), { index: Number(index), kind, codec, line, programmes });
  }
  return [...tracks.values()].sort((one, other) => one.index - other.index);
}
