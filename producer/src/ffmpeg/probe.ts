import { isVerdictOnMedia, lockedLine } from './explain.js';
import type { Ffmpeg } from './find.js';
import type { ProcessGuard } from './guard.js';
import { type EncoderInput, opening } from './input.js';
import { type ListedTrack, soundOf, tracksIn } from './listed-tracks.js';
import { PacketList, packetList } from './packets.js';
import { type Picture, readPicture } from './picture.js';
import { startFfmpeg } from './process.js';

/** What ffmpeg finds in a source; codecs have ffmpeg's names. */
export interface Probe {
  /** What the tracks are in, in ffmpeg's words. */
  readonly container: string;
  /** Its segments have names that ffmpeg takes only if it is told to. */
  readonly isOddlyNamed: boolean;
  /** Absent: live. */
  readonly durationSeconds: number | undefined;
  readonly video: string | undefined;
  /** Which of the picture tracks has pictures, from 0: some are announced and stay empty. */
  readonly pictureTrack: number;
  /** Some tracks were found only by reading on for longer. */
  readonly isPatient: boolean;
  /** It is certain that nothing comes of what is announced. */
  readonly lacksPictures: boolean;
  readonly lacksSound: boolean;
  /** Nothing of it has come, though pictures have. */
  readonly soundIsLate: boolean;
  /** All that is listed, in ffmpeg's order. */
  readonly tracks: readonly ListedTrack[];
  readonly audio: readonly SoundTrack[];
  /** Of each data track; `none` if ffmpeg does not know it. */
  readonly data: readonly string[];
  /** Undefined: nothing of it has come, or there is none. */
  readonly picture: Picture | undefined;
  /** Pictures a second, as they come; undefined if too few have come. */
  readonly rate: number | undefined;
  /** The same, as the container says or ffmpeg guesses. */
  readonly namedRate: number | undefined;
  /** Which of the sound tracks has sound and belongs to the pictures, from 0. */
  readonly soundTrack: number;
}

/** In ffmpeg's words. */
export interface SoundTrack {
  readonly codec: string;
  /** Which channels there are; undefined if the track does not name them by a number that all know. */
  readonly layout: string | undefined;
  /** ISO 639, as the source says. */
  readonly language: string | undefined;
  /** It has sound, and belongs to the pictures. */
  readonly isUsable: boolean;
}

type ProbeResult =
  | { readonly ok: true; readonly probe: Probe }
  /** `isCertain`: ffmpeg has judged the media, and would find the same again. */
  | { readonly ok: false; readonly isCertain: boolean; readonly lines: string[] };

const ODD_NAME = 'is not in allowed_segment_extensions';
const PROBE_TIMEOUT_MS = 15_000;
/** Since the source was opened. */
const LONGEST_LOOK_MS = 5_000;

/**
 * Open a source and look at its content. (The dependencies contain no ffprobe.)
 * @param programme whose picture is wanted; any other one if it has none
 */
export async function probeSource(
  input: EncoderInput,
  ffmpeg: Ffmpeg,
  guard: ProcessGuard,
  signal: AbortSignal,
  programme?: number,
): Promise<ProbeResult> {
  let opened = input;
  const again = (options: Look): Promise<Looked> => look(opened, options, ffmpeg, guard, signal);
  let looked = await again({});
  if (input.kind === 'url' && looked.lines.some((line) => line.includes(ODD_NAME))) {
    opened = { ...input, isOddlyNamed: true };
    looked = await again({});
  }
  let mapped: readonly number[] | undefined;
  // A track of which nothing has come is described by nothing, and spoils the look at all others.
  const isPatient = isBlind(looked) && input.kind === 'file';
  const before = describedIn(looked);
  if (isPatient) looked = await again({ isPatient });
  if (isBlind(looked)) {
    mapped = describedIn(looked);
    looked = await again({ isPatient, mapped });
  }
  const { lines, packets, isOwnVerdict, hasEnded } = looked;
  // Some versions of ffmpeg read on without the key, and show noise.
  const locked = lockedLine(lines);
  if (locked !== undefined) return { ok: false, isCertain: false, lines: [locked] };
  const isThorough = input.kind === 'file' && (isPatient || hasEnded || packets.isThorough);
  const found = readProbe(lines, packets, { mapped, isThorough, programme });
  const probe = found && {
    ...found,
    isPatient: isPatient && describedIn(looked).length > before.length,
    isOddlyNamed: opened !== input,
  };
  const isCertain = isOwnVerdict && isVerdictOnMedia(lines);
  return probe
    ? { ok: true, probe }
    : { ok: false, isCertain, lines: lines.filter((line) => !line.startsWith('At least one')) };
}

interface Look {
  /** Read on until the tracks that come late have come. */
  readonly isPatient?: boolean;
  /** The tracks whose packets to look at; by default all. */
  readonly mapped?: readonly number[] | undefined;
}

interface Looked {
  readonly lines: readonly string[];
  readonly packets: PacketList;
  readonly isOwnVerdict: boolean;
  /** It came to the end of the source. */
  readonly hasEnded: boolean;
}

/** By the words of ffmpeg 4 to 6; later ones wait for the track without a word. */
const isBlind = (looked: Looked): boolean =>
  looked.lines.some((line) => line.startsWith('Could not write header')) ||
  (looked.packets.span === 0 &&
    describedIn(looked).length < tracksIn(inputOf(looked.lines)).filter(isMapped).length);

/** The tracks that a decoder could begin with, as ffmpeg counts them. */
const describedIn = ({ lines }: Looked): number[] =>
  tracksIn(inputOf(lines))
    .filter(isDescribed)
    .map(({ index }) => index);

async function look(
  input: EncoderInput,
  { isPatient = false, mapped }: Look,
  ffmpeg: Ffmpeg,
  guard: ProcessGuard,
  signal: AbortSignal,
): Promise<Looked> {
  const packets = new PacketList();
  let looking: NodeJS.Timeout | undefined;
  const child = startFfmpeg({
    path: ffmpeg.path,
    args: [
      ...['-nostdin', '-nostats', '-hide_banner', '-loglevel', 'info'],
      ...opening(input, ffmpeg.libavformat, isPatient),
      ...packetList(mapped?.map((index) => `0:${index}`)),
    ],
    environment: input.kind === 'url' ? input.fence?.environment : undefined,
    guard,
    onOutput: (bytes) => {
      looking ??= setTimeout(end, LONGEST_LOOK_MS);
      packets.push(bytes);
      if (packets.isEnough) end();
    },
    // Long lists of chapters and tags stand between the lines that matter.
    keepLines: 2_000,
    onLine: (line) => {
      if (line.startsWith('Stream mapping')) looking ??= setTimeout(end, LONGEST_LOOK_MS);
    },
  });
  const end = (): void => child.end();
  const timer = setTimeout(end, PROBE_TIMEOUT_MS);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const { lines, isOwnVerdict, clean } = await child.exited;
  clearTimeout(timer);
  clearTimeout(looking);
  signal.removeEventListener('abort', end);
  return { lines, packets, isOwnVerdict, hasEnded: clean };
}

interface Reading {
  readonly mapped?: readonly number[] | undefined;
  readonly isThorough?: boolean;
  readonly programme?: number | undefined;
}

/**
 * Read what ffmpeg says about its input; undefined if the source could not be opened.
 * @param looked how: `mapped` are the tracks in `packets`, in their order, by default all pictures and then all sound
 */
export function readProbe(
  said: readonly string[],
  packets: PacketList,
  { mapped, isThorough = false, programme }: Reading = {},
): Probe | undefined {
  const lines = inputOf(said);
  if (lines.length === 0) return undefined;
  const tracks = tracksIn(lines);
  const guessed = guessedLayouts(said);
  const [pictures, sounds, data] = (['Video', 'Audio', 'Data'] as const).map((kind) =>
    tracks.filter((track) => track.kind === kind),
  ) as [ListedTrack[], ListedTrack[], ListedTrack[]];
  const order = mapped ?? [...pictures, ...sounds].map(({ index }) => index);
  const comes = ({ index }: ListedTrack): boolean => packets.has(order.indexOf(index));
  const isWanted = ({ programmes }: ListedTrack): boolean =>
    programme === undefined || programmes.has(programme);
  const pictureTrack = firstOf(pictures, (track) => isWanted(track) && comes(track), isWanted, comes);
  const picture = pictures[pictureTrack];
  const belongs = ({ programmes }: ListedTrack): boolean =>
    !picture || picture.programmes.size === 0 || [...programmes].some((one) => picture.programmes.has(one));
  const soundTrack = firstOf(sounds, (track) => belongs(track) && comes(track), belongs, comes);
  const sound = sounds[soundTrack];
  const named = /, (\d{1,6}(?:\.\d{1,6})?)(k?) (?:fps|tbr)/.exec(picture?.line ?? '');
  return {
    container: /^Input #0, ([\w,]{1,80}), from/.exec(lines[0]!)?.[1] ?? '',
    isOddlyNamed: false,
    durationSeconds: durationIn(lines),
    isPatient: false,
    video: picture?.codec,
    pictureTrack,
    lacksPictures: isThorough && picture !== undefined && !comes(picture),
    tracks,
    audio: sounds.map((track) => ({
      codec: track.codec,
      layout: guessed.has(track.index) ? undefined : soundOf(track).layout,
      language: track.language,
      isUsable: belongs(track) && comes(track),
    })),
    soundTrack,
    lacksSound: isThorough && sound !== undefined && !comes(sound),
    soundIsLate: sound !== undefined && !comes(sound) && picture !== undefined && comes(picture),
    data: data.map(({ codec }) => codec),
    picture: picture && readPicture(picture.line, picture.beside),
    rate: picture && packets.rateOf(order.indexOf(picture.index)),
    namedRate: named ? Number(named[1]) * (named[2] ? 1_000 : 1) : undefined,
  };
}

/** What ffmpeg says about its input, without what follows. */
export function inputOf(said: readonly string[]): readonly string[] {
  const begin = said.findIndex((line) => line.startsWith('Input #0'));
  const end = said.findIndex((line) => line.startsWith('Output #0') || line.startsWith('Stream mapping'));
  return begin < 0 ? [] : said.slice(begin, end < 0 ? undefined : end);
}

function durationIn(lines: readonly string[]): number | undefined {
  const duration = lines
    .map((line) => /^ {1,9}Duration: (\d{1,9}):(\d\d):(\d\d(?:\.\d+)?)/.exec(line))
    .find((match) => match !== null);
  return duration ? Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3]) : undefined;
}

/** The indexes of those tracks of which ffmpeg knows the number of channels only. */
function guessedLayouts(said: readonly string[]): ReadonlySet<number> {
  const guesses = said
    .filter((line) => line.includes('Guessed Channel Layout'))
    .map((line) => /#0[.:](\d{1,6})/.exec(line)?.[1]);
  return new Set(guesses.map(Number));
}

const isMapped = ({ kind }: ListedTrack): boolean => kind === 'Video' || kind === 'Audio';

/** ffmpeg knows what a decoder has to know. */
const isDescribed = ({ kind, line }: ListedTrack): boolean =>
  kind === 'Video' ? readPicture(line, []) !== undefined : kind === 'Audio' && /, [1-9]\d{0,6} Hz/.test(line);

/** @returns the index of the first track for which the first of the conditions holds that holds for any; otherwise 0 */
function firstOf(tracks: readonly ListedTrack[], ...conditions: ((track: ListedTrack) => boolean)[]): number {
  const found = conditions.map((condition) => tracks.findIndex(condition));
  return found.find((index) => index >= 0) ?? 0;
}
