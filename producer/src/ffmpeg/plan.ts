import { defaultBitrate, type Rung } from '@topicast/contracts/ladder';
import type { JudgedSource } from '@topicast/sources';
import type { Fence } from '@topicast/sources/open';
import type { EncodingSettings } from '../config.js';
import { TEST_PICTURE } from '../test-picture/format.js';
import type { EncodingPlan } from './arguments.js';
import { notesOnLimits, type RungLimits } from './asked.js';
import { type EncoderInput, isWithoutTimes } from './input.js';
import { notesOn, notesOnPicture } from './notes.js';
import { BT709, coloursOf, hdrOf, obstacleToCopy, type Picture } from './picture.js';
import type { Shown } from './picture-filter.js';
import type { Probe, SoundTrack } from './probe.js';
import { NOTHING_SEEN, type Seen } from './seen.js';
import { chooseSound } from './sound-choice.js';

/** Recordings and copies depend on what is in the source; other sources are opened only once, without a look. */
export const needsProbe = (source: JudgedSource): boolean =>
  source.kind === 'file' ||
  (source.kind === 'url' &&
    // Whoever calls would have to call again.
    !source.listens &&
    (source.copy ||
      source.language !== undefined ||
      source.programme !== undefined ||
      source.protocol === 'http' ||
      source.protocol === 'https'));

/** How to open a source about which nothing is known yet. */
export function inputOf(source: JudgedSource, system: NodeJS.Platform, fence?: Fence): EncoderInput {
  switch (source.kind) {
    case 'test':
      return { kind: 'test' };
    case 'file':
      return { kind: 'file', path: source.path };
    case 'url':
      return { kind: 'url', url: source.url, protocol: source.protocol, paced: false, fence };
    case 'device':
      return { kind: 'device', path: source.path, system: system === 'darwin' ? 'darwin' : 'linux' };
  }
}

export interface Planned {
  readonly plan: EncodingPlan;
  /** What the streamer should know about it, one sentence each. */
  readonly notes: readonly string[];
  /** Why what was to be sent as it is cannot be. */
  readonly obstacles: { readonly picture: string | undefined; readonly sound: string | undefined };
}

/** What the streamer asked for besides the source, and what the operator allows. */
interface Wishes {
  readonly ladder: readonly Rung[] | undefined;
  readonly limits: Pick<EncodingSettings, 'maxHeight' | 'maxVideoBitrate' | 'asked'>;
  /** What ffmpeg can do. */
  readonly mapsTones: boolean;
  readonly libavformat: number;
  /** A track is known to come that comes late. */
  readonly isPatient?: boolean;
  /** What an earlier encoder has found, where nobody looks before. */
  readonly seen?: Seen;
}
/** What MPEG-TS carries and viewers' browsers may play, in ffmpeg's words. */
const COPIED_VIDEO = ['h264', 'hevc'] as const;
const COPIED_AUDIO: readonly string[] = ['aac', 'opus'];
/** Those of AAC that have a number (ISO 14496-3 1.6.3.5). Any others are described in the first frame, where no browser looks. */
const NUMBERED_LAYOUTS: readonly string[] = ['mono', 'stereo', '3.0', '4.0', '5.0', '5.1', '7.1(wide)'];
/**
 * What ffmpeg's muxer labels so that readers recognize it. Anything else becomes private data without a name (SCTE-35,
 * `bin_data`) or ends the output.
 */
const COPIED_DATA: readonly string[] = ['timed_id3', 'klv'];
const MOST_DATA_TRACKS = 8;
/** Of pictures that come more slowly than these when we look, nobody knows how fast they will come. */
const USUAL_RATE = 30;
const LEAST_RATE = { evenly: 10, evened: 12, live: 15 } as const;
const MOST_RATE = 60;
/** Of ffmpeg 5. The filter `interleave` of the one of 2018 turns in circles for ever. */
const LIBAVFORMAT_THAT_FILLS = 59;
/** A shorter recording is looped by ffmpeg itself, which takes no time to begin. */
const LEAST_ROUND_SECONDS = 3;
/** Codecs whose pictures are always whole. */
const WITHOUT_FIELDS: readonly string[] = ['vp8', 'vp9', 'av1', 'gif'];
/** What a container says beyond these is how it counts time. */
const NAMED_RATES = { least: 5, most: 120 } as const;
/** Measured and named ones differ by rounding. */
const SAME_RATE = 0.05;

/** Decide how to encode a source with this content; undefined if it contains nothing to stream. */
export function planEncoding(
  source: JudgedSource,
  input: EncoderInput,
  probe: Probe | undefined,
  { ladder, limits, mapsTones, libavformat, isPatient = false, seen = NOTHING_SEEN }: Wishes,
): Planned | undefined {
  const height = input.kind === 'test' ? TEST_PICTURE.height : (probe?.picture ?? seen.picture)?.height;
  const { frameRate, sound: soundAsked } = limits.asked ?? {};
  const isMuted = soundAsked === 'off';
  if (!probe) {
    const drawn = input.kind === 'test' ? TEST_PICTURE.frameRate : undefined;
    const plan: EncodingPlan = {
      ...{ video: 'encode', audio: 'encode', isPatient },
      input: input.kind === 'test' && isMuted ? { ...input, isSilent: true } : input,
      ladder: ladder && fitLadder(ladder, height, limits),
      ...(input.kind === 'url' && { isUnseen: true }),
      ...(seen.picture && { shown: shownAs(seen.picture, mapsTones) }),
      ...(seen.soundTrack > 0 && { soundTrack: seen.soundTrack }),
      ...(isMuted && { soundTrack: 'none' }),
      ...capped(frameRate, drawn === undefined ? {} : { rate: drawn }, drawn),
    };
    const notes = [
      ...(seen.picture ? notesOnPicture(seen.picture, plan) : []),
      seen.soundTrack > 0 ? ANOTHER_PROGRAMME : undefined,
      'copy' in source && source.copy ? NO_COPY_OF_CALLERS : undefined,
      source.kind === 'url' && (source.language ?? source.programme) !== undefined
        ? NO_CHOICE_OF_CALLERS
        : undefined,
      heightNote(ladder, height, limits),
      ...notesOnLimits(limits),
    ];
    return { plan, notes: notes.filter((note) => note !== undefined), obstacles: NO_OBSTACLES };
  }
  const { picture } = probe;
  const hasSound = probe.audio.length > 0;
  if (!probe.video && !hasSound) return undefined;
  const { copy: copyAsked = false, language, programme } = 'copy' in source ? source : NO_WISHES;
  const isRecording = input.kind === 'file' || probe.durationSeconds !== undefined;
  const noVideoCopy = copyAsked ? whyNoVideoCopy(probe) : undefined;
  const noSoundCopy = probe.audio.map((track) => whyNoSoundCopy(track));
  const copiedVideo =
    copyAsked && !noVideoCopy ? COPIED_VIDEO.find((codec) => codec === probe.video) : undefined;
  const lacksPictures = probe.lacksPictures && hasSound && !probe.lacksSound;
  const lacksSound = probe.lacksSound && probe.video !== undefined && !probe.lacksPictures;
  const hasPicture = probe.video !== undefined && !lacksPictures;
  // Without a picture, there would be nothing at all.
  const isSilent = isMuted && hasPicture;
  const awaitsSound = !isRecording && probe.soundIsLate && !isSilent;
  const data = probe.data
    .flatMap((codec, track) => (COPIED_DATA.includes(codec) ? track : []))
    .slice(0, MOST_DATA_TRACKS);
  const canCopy = noSoundCopy.map((obstacle) => copyAsked && obstacle === undefined);
  const sound = chooseSound(language, probe);
  const plan: EncodingPlan = {
    input:
      input.kind === 'url'
        ? {
            ...input,
            paced: probe.durationSeconds !== undefined,
            container: probe.container,
            isOddlyNamed: probe.isOddlyNamed,
          }
        : input,
    video: copiedVideo ? 'copy' : 'encode',
    audio: canCopy[sound.track] ? 'copy' : 'encode',
    // One that cannot be copied would end the whole output, so then only the first one goes.
    ...(language === undefined && goTogether(canCopy, probe) && { allAudio: true }),
    ...(data.length > 0 && { data }),
    isProgressive: WITHOUT_FIELDS.includes(probe.video ?? '') || isWithoutTimes(probe.container),
    isPatient: isPatient || probe.isPatient,
    isBegunAnew: input.kind === 'file' && (probe.durationSeconds ?? 0) >= LEAST_ROUND_SECONDS,
    // A live source may still bring what the look did not find.
    pictureTrack: lacksPictures || (isRecording && !probe.video) ? 'none' : probe.pictureTrack,
    soundTrack: isSilent || lacksSound || awaitsSound || (isRecording && !hasSound) ? 'none' : sound.track,
    ...(awaitsSound && { awaitedSound: sound.track }),
    ...(hasPicture &&
      (isRecording && frameRate !== undefined
        ? { rate: frameRate, isEvened: true }
        : capped(
            frameRate,
            pace(probe, isRecording, libavformat >= LIBAVFORMAT_THAT_FILLS),
            probe.namedRate,
          ))),
    ...(hasPicture && picture && { shown: shownAs(picture, mapsTones) }),
    // Sound has no sizes to choose from.
    ladder: ladder && hasPicture ? fitLadder(ladder, height, limits) : undefined,
    ...(copiedVideo && { copiedVideo }),
  };
  const obstacles = {
    picture: noVideoCopy && `${noVideoCopy}, so it is encoded again.`,
    sound: copyAsked ? noSoundCopy[sound.track] : undefined,
  };
  const notes = [
    obstacles.picture,
    obstacles.sound,
    (lacksSound || lacksPictures) &&
      `The file announces ${lacksSound ? 'sound' : 'a picture'}, but holds none: it is streamed without.`,
    awaitsSound && SOUND_IS_LATE,
    sound.note,
    isMuted && !isSilent && hasSound ? SOUND_STAYS : undefined,
    ...notesOn(probe, plan, { programme, frameRate }),
    heightNote(ladder, height, limits),
    ...(copiedVideo ? [] : notesOnLimits(limits)),
  ];
  return { plan, notes: notes.filter((note) => typeof note === 'string'), obstacles };
}

const NO_WISHES: { copy?: boolean; language?: string; programme?: number } = {};

const NO_OBSTACLES = { picture: undefined, sound: undefined } as const;

const goTogether = (canCopy: readonly boolean[], { audio }: Probe): boolean =>
  canCopy.length > 1 && canCopy.every(Boolean) && audio.every(({ isUsable }) => isUsable);

const ANOTHER_PROGRAMME =
  'The source has several programmes: the sound of the one that has the picture is sent.';
const NO_COPY_OF_CALLERS =
  'What comes to an address that waits for its sender is not looked at, so it is encoded instead of sent as it is.';
const NO_CHOICE_OF_CALLERS =
  'What comes to an address that waits for its sender is not looked at, so its first picture and the sound that belongs to it are sent.';
const SOUND_STAYS = 'The source has no picture, so its sound is sent although it is set to off.';
export const NOTHING_TO_STREAM = 'The source has neither video nor sound.';
const SOUND_IS_LATE =
  'The source announces sound and sends none: it is streamed without, and the sound is taken in when it comes.';

function whyNoVideoCopy({ video, picture }: Probe): string | undefined {
  if (video === undefined) return undefined;
  if (!COPIED_VIDEO.some((codec) => codec === video))
    return `The video is ${video}, which cannot be sent as it is`;
  return picture && obstacleToCopy(video, picture);
}

function whyNoSoundCopy({ codec, layout }: SoundTrack): string | undefined {
  if (!COPIED_AUDIO.includes(codec))
    return `The sound is ${codec}, which cannot be sent as it is, so it is encoded again.`;
  if (codec === 'aac' && !NUMBERED_LAYOUTS.includes(layout ?? ''))
    return 'The sound has channels that browsers do not know in AAC, so it is encoded again, in stereo.';
  return undefined;
}

const shownAs = (picture: Picture, mapsTones: boolean): Shown => {
  const hdr = mapsTones ? hdrOf(picture) : undefined;
  const colours = hdr ? BT709 : coloursOf(picture);
  return { picture, colours, hdr };
};

/**
 * How fast the pictures are. The rate control gives each picture its share of the bitrate, so it has to be told no rate far
 * below what may come: a screen that stands still when we look may move later. Recordings whose pictures come slowly, or
 * pause, get a constant rate; in a live source, repeated pictures would come late.
 */
function pace(
  { rate = 0, namedRate = 0, container }: Probe,
  isRecording: boolean,
  canFill: boolean,
): Pick<EncodingPlan, 'rate' | 'isEvened' | 'isFilled'> {
  // What ffmpeg took for their times was made up.
  if (isWithoutTimes(container)) return { rate: USUAL_RATE };
  const isNamed = namedRate >= NAMED_RATES.least && namedRate <= NAMED_RATES.most;
  const isEven = isNamed && namedRate >= LEAST_RATE.evenly && Math.abs(rate / namedRate - 1) < SAME_RATE;
  const isFilled = isRecording && canFill;
  if (isEven) return { rate: namedRate, isFilled };
  const fastest = Math.max(rate, isNamed ? namedRate : 0);
  if (!isRecording) return { rate: fastest === 0 ? USUAL_RATE : Math.max(fastest, LEAST_RATE.live) };
  // The container counts fewer than come at first.
  const pauses = isNamed && namedRate < rate * (1 - SAME_RATE);
  if (rate >= LEAST_RATE.evened && (isFilled || !pauses)) {
    return { rate: isNamed ? fastest : Math.max(fastest, USUAL_RATE), isFilled };
  }
  // Pictures that come unevenly are least moved by a grid of twice their rate.
  const constant = fastest < LEAST_RATE.evened ? USUAL_RATE : Math.min(MOST_RATE, fastest * 2);
  return { rate: constant, isEvened: true };
}

/** Of what is live, pictures above the wanted rate are left out, unless the source promises that there are none. */
function capped(
  wanted: number | undefined,
  paced: ReturnType<typeof pace>,
  namedRate: number | undefined,
): Partial<EncodingPlan> {
  if (wanted === undefined) return paced;
  const { rate = wanted } = paced;
  return rate <= wanted && rate === namedRate
    ? paced
    : { ...paced, mostRate: wanted, rate: Math.min(wanted, rate) };
}

/**
 * The rungs that differ. Pictures are never enlarged: of all rungs with at least as many lines as the source has or the
 * operator allows, the smallest stays.
 */
export function fitLadder(
  ladder: readonly Rung[],
  sourceHeight: number | undefined,
  { maxHeight, maxVideoBitrate }: Wishes['limits'],
): RungLimits[] {
  const most = Math.min(maxHeight, sourceHeight ?? maxHeight);
  const isDoubled = (index: number): boolean => (ladder[index + 1]?.height ?? 0) >= most;
  return ladder
    .filter((_, index) => !isDoubled(index))
    .map((rung) => {
      const height = Math.min(rung.height, most);
      return { height, bitrate: Math.min(rung.bitrate ?? defaultBitrate(height), maxVideoBitrate) };
    });
}

function heightNote(
  ladder: readonly Rung[] | undefined,
  sourceHeight: number | undefined,
  { maxHeight }: Wishes['limits'],
): string | undefined {
  const wanted = Math.min(ladder?.[0]?.height ?? 0, sourceHeight ?? Number.POSITIVE_INFINITY);
  return wanted > maxHeight
    ? `The largest rendition has ${maxHeight} lines: this producer encodes no larger pictures (TOPICAST_VIDEO_MAX_HEIGHT).`
    : undefined;
}
