import type { VideoEncoder } from '@topicast/contracts/encoding';
import { type Ticks90k, ticksToMs } from '@topicast/contracts/units';
import type { EncodingSettings } from '../config.js';
import { TEST_PICTURE } from '../test-picture/format.js';
import { keyframeSecondsOf, limitsOf, presetOf, type RungLimits } from './asked.js';
import { type EncoderInput, inputArguments, isLooped, opening } from './input.js';
import { colourParameters, pictureFilter, type Shown } from './picture-filter.js';
import { deviceArguments, uploadFilter, videoEncoder } from './video-encoder.js';

type Track = 'encode' | 'copy';

/** What one run of ffmpeg should do. */
export interface EncodingPlan {
  readonly input: EncoderInput;
  readonly video: Track;
  readonly audio: Track;
  /** All audio tracks are copied, not only the first: the same sound in several languages, for example. */
  readonly allAudio?: boolean;
  /** Which of the data tracks are copied beside them, from 0. */
  readonly data?: readonly number[];
  /** Which picture track, and which sound track, from 0; the first ones if absent, if there are any. */
  readonly pictureTrack?: number | 'none';
  readonly soundTrack?: number | 'none';
  /** A sound track that is left out because nothing of it has come. When something comes, there is an output more. */
  readonly awaitedSound?: number;
  /** The pictures have no fields; absent: they may have. */
  readonly isProgressive?: boolean;
  /** Absent: the picture is not known. */
  readonly shown?: Shown;
  /** Nobody has looked at it: ffmpeg tells what it finds, see `InputLines`. */
  readonly isUnseen?: boolean;
  /** Some of its tracks begin late. */
  readonly isPatient?: boolean;
  /** Pictures a second, for the rate control; absent: as ffmpeg takes them to be. */
  readonly rate?: number | undefined;
  /** The rate is made constant: pictures are repeated where they come more slowly. */
  readonly isEvened?: boolean;
  /** Pictures that come faster are left out. */
  readonly mostRate?: number | undefined;
  /** Where the pictures of a recording pause, the last one is repeated. */
  readonly isFilled?: boolean;
  /**
   * When it ends, another ffmpeg begins it again. In a loop of its own, ffmpeg begins again where the sound ends, which may
   * be long before the picture does.
   */
  readonly isBegunAnew?: boolean;
  /** The codec of the copied video; H.264 if absent. */
  readonly copiedVideo?: 'h264' | 'hevc';
  /** The renditions, the best first; absent: one, as the settings say. */
  readonly ladder?: readonly RungLimits[] | undefined;
}

export interface EncoderOptions extends EncodingSettings {
  readonly threads: number;
  /** Of the ffmpeg in use. */
  readonly libavformat: number;
  /** The one that works, whatever was asked for; x264 if absent. */
  readonly encoder?: VideoEncoder;
  /** Where it begins on the time line, for a recording that is begun anew. */
  readonly fromSeconds?: number;
}

/** The file descriptor of a rendition's output; descriptor 3 takes in the test picture's sound. */
export const outputDescriptor = (rendition: number): number => (rendition === 0 ? 1 : rendition + 3);

/**
 * From a plan to ffmpeg's arguments: MPEG-TS with H.264 and AAC or Opus, each rendition on its own descriptor, with the
 * least delay. The source is decoded once. Its sound is also encoded once, together with the best rendition;
 * `RenditionJoin` gives the others the same packets.
 */
export function ffmpegArguments(plan: EncodingPlan, options: EncoderOptions): string[] {
  const ladder = plan.ladder ?? [limitsOf(options)];
  return [
    ...['-nostdin', '-nostats', '-hide_banner', '-loglevel', plan.isUnseen ? 'level+info' : 'warning'],
    ...(plan.video === 'encode' ? deviceArguments(options.encoder ?? 'x264') : []),
    // Threads that decode a picture each hold back as many pictures, which would be seconds.
    ...(plan.isEvened ? ['-thread_type', 'slice'] : []),
    ...(plan.isBegunAnew ? opening : inputArguments)(plan.input, options.libavformat, plan.isPatient),
    ...ladder.flatMap((rung, rendition) => [
      ...tracks(plan, rendition),
      ...(plan.pictureTrack === 'none' ? [] : video(plan, rung, options)),
      ...(rendition > 0 || plan.soundTrack === 'none' ? [] : audio(plan, options)),
      ...timeLine(plan, ladder.length, options.fromSeconds),
      ...output(plan, rendition),
    ]),
    ...(plan.awaitedSound === undefined ? [] : ear(plan.awaitedSound, ladder.length)),
  ];
}

/** Says by its first byte that the sound has come: an output begins when there is something of all its tracks. */
const ear = (track: number, descriptor: number): string[] => [
  ...['-map', `0:a:${track}`, '-c:a', 'pcm_u8', '-ar', '8000', '-ac', '1'],
  ...['-flush_packets', '1', '-f', 'u8', `pipe:${outputDescriptor(descriptor)}`],
];

// "V": no cover pictures. "?": missing tracks are left out.
function tracks(
  { input, allAudio, pictureTrack = 0, soundTrack = 0, data = [] }: EncodingPlan,
  rendition: number,
): string[] {
  if (input.kind === 'test') {
    return ['-map', '0:v:0', ...(rendition === 0 && soundTrack !== 'none' ? ['-map', '1:a:0'] : [])];
  }
  if (rendition > 0 && pictureTrack !== 'none') return ['-map', `0:V:${pictureTrack}`];
  return [
    ...(pictureTrack === 'none' ? [] : ['-map', `0:V:${pictureTrack}?`]),
    ...(soundTrack === 'none' ? [] : ['-map', allAudio ? '0:a?' : `0:a:${soundTrack}?`]),
    ...data.flatMap((track) => ['-map', `0:d:${track}?`]),
    ...(data.length > 0 ? ['-c:d', 'copy'] : []),
  ];
}

const video = (plan: EncodingPlan, rung: RungLimits, options: EncoderOptions): string[] =>
  plan.video === 'copy' ? videoCopied(plan) : videoEncoded(plan, rung, options);

const audio = (plan: EncodingPlan, options: EncoderOptions): string[] =>
  plan.audio === 'copy' ? ['-c:a', 'copy'] : audioEncoded(plan.input, options);

// AAC begins 21 ms before the picture. A muxer shifts a whole output so that no time is below 0, so it would shift only
// the output with sound, and only the first round. An offset of a second keeps all of them in place.
const sameTimeLine = (fromSeconds = 0): string[] => ['-output_ts_offset', String(1 + fromSeconds)];

function timeLine(
  { input, isBegunAnew }: EncodingPlan,
  renditions: number,
  fromSeconds: number | undefined,
): string[] {
  if (input.kind === 'published') return asPublished(input.reordering);
  return renditions > 1 || isBegunAnew ? sameTimeLine(fromSeconds) : [];
}

// The times of the rendition that is passed on. It may have B-frames, of which there are none here; players expect that
// all renditions are decoded at the same times.
const asPublished = (reordering: Ticks90k): string[] => [
  ...(reordering > 0 ? ['-bsf:v', `setts=dts=PTS-${ticksToMs(reordering) / 1_000}/TB`] : []),
  ...['-avoid_negative_ts', 'disabled'],
];

// Parameter sets before each keyframe. The muxer adds them if the container has them; live transports may send them
// only once. We use no filter in a loop, because ffmpeg ends filters at the end of the first round.
const videoCopied = ({ input, copiedVideo = 'h264' }: EncodingPlan): string[] => [
  ...['-c:v', 'copy'],
  ...(isLooped(input) ? [] : ['-bsf:v', `${copiedVideo}_mp4toannexb,dump_extra=freq=keyframe`]),
];

function videoEncoded(
  plan: EncodingPlan,
  { height, bitrate }: RungLimits,
  options: EncoderOptions,
): string[] {
  const { input, rate, isEvened = false, isFilled = false, isProgressive = false, shown, mostRate } = plan;
  const { encoder = 'x264' } = options;
  const isAsDrawn = input.kind === 'test' && height >= TEST_PICTURE.height && mostRate === undefined;
  const filters = [
    isAsDrawn
      ? undefined
      : pictureFilter({
          ...{ maxHeight: height, shown, isProgressive, mostRate },
          ...{ rate: isEvened ? rate : undefined, fillsPauses: isFilled },
        }),
    uploadFilter(encoder),
  ].filter((filter) => filter !== undefined);
  return [
    ...(filters.length > 0 ? ['-vf', filters.join()] : []),
    ...videoEncoder({
      ...{ encoder, bitrate, rate, preset: presetOf(options), x264Preset: options.preset },
      ...{
        threads: options.threads,
        keyframes: input.kind === 'published' ? 'as they come' : keyframeSecondsOf(options),
      },
      colours: shown ? colourParameters(shown) : [],
    }),
    ...(input.kind === 'test' ? TEST_PICTURE.colour : []),
  ];
}

// "async" fills the gaps that loops and lossy networks leave, so that sound and picture stay in step: longer ones at once,
// with silence, shorter ones by playing up to 2 % slower for a while. A clock that runs differently is followed in this way,
// too. The stamps of a recording can be trusted; those of what is live may jitter, and silence each time would be heard.
function audioEncoded(input: EncoderInput, { soundCodec, asked }: EncodingSettings): string[] {
  const filters = [
    ...(input.kind === 'test'
      ? []
      : [`aresample=async=1000:min_hard_comp=${isLooped(input) ? '0.015' : '0.04'}`]),
    ...louder(asked?.gainDb ?? 0),
  ];
  return [
    ...(filters.length > 0 ? ['-af', filters.join()] : []),
    ...SOUND[soundCodec],
    ...['-ar', '48000', '-ac', '2'],
  ];
}

/** What would be louder than the loudest is pressed down for a moment, instead of being cut off. */
const louder = (gainDb: number): string[] => [
  ...(gainDb === 0 ? [] : [`volume=${gainDb.toFixed(1)}dB:precision=float`]),
  ...(gainDb > 0 ? ['alimiter=limit=0.95:level=0'] : []),
];

/**
 * ffmpeg's AAC encoder gives a frame of 21 ms when it has the two that follow, so after 64 ms. Opus needs no more than
 * its frame and 2.5 ms, and at this bitrate a frame of 10 ms fits into one TS packet.
 */
const SOUND = {
  aac: ['-c:a', 'aac', '-b:a', '128k'],
  opus: ['-c:a', 'libopus', '-b:a', '96k', '-frame_duration', '10', '-application', 'lowdelay'],
} as const;

const output = ({ input, isEvened, isFilled }: EncodingPlan, rendition: number): string[] => [
  // The muxer holds nothing back: no delay added to the timestamps, no buffer.
  ...['-muxdelay', '0', '-muxpreload', '0', '-flush_packets', '1'],
  // A live picture does not wait for its sound. A recording is read ahead, so its tracks can be put in order first; where
  // pictures are repeated, that is done when the next one comes.
  ...['-max_interleave_delta', isLooped(input) ? (isEvened || isFilled ? '60000000' : '2000000') : '1'],
  // One audio frame per PES packet, and video PES packets whose end is known at once.
  ...['-pes_payload_size', '0', '-omit_video_pes_length', '0'],
  ...['-max_muxing_queue_size', '1024', '-f', 'mpegts', `pipe:${outputDescriptor(rendition)}`],
];
