import { RUNG_HEIGHT, type Rung } from './ladder.js';

/** From the least delay to the best picture for its bits. */
export const ENCODING_PRESETS = ['low-latency', 'balanced', 'quality'] as const;
export type EncodingPreset = (typeof ENCODING_PRESETS)[number];

/** What can encode H.264: a program, and the hardware that some hosts have. */
export const HARDWARE_ENCODERS = ['nvenc', 'qsv', 'vaapi', 'videotoolbox'] as const;
export type HardwareEncoder = (typeof HARDWARE_ENCODERS)[number];
export const VIDEO_ENCODERS = ['x264', ...HARDWARE_ENCODERS] as const;
export type VideoEncoder = (typeof VIDEO_ENCODERS)[number];

/** As people know them. */
export const ENCODER_NAMES: Readonly<Record<VideoEncoder, string>> = {
  x264: 'x264',
  nvenc: 'NVENC',
  qsv: 'Quick Sync',
  vaapi: 'VAAPI',
  videotoolbox: 'VideoToolbox',
};

/** How the streamer of a stream wants it encoded. What is absent is as the producer's settings say, which also limit it. */
export interface Encoding {
  readonly preset?: EncodingPreset | undefined;
  /** Lines, at most. */
  readonly height?: number | undefined;
  /** Pictures a second: of a recording exactly, of what is live at most. */
  readonly frameRate?: number | undefined;
  /** Kilobits a second of video, at most. */
  readonly kbit?: number | undefined;
  /** From one keyframe to the next. */
  readonly keyframeSeconds?: number | undefined;
  readonly sound?: 'on' | 'off' | undefined;
  /** By how much the sound is made louder; below 0: quieter. */
  readonly gainDb?: number | undefined;
  readonly encoder?: VideoEncoder | undefined;
}

export const ENCODING_LIMITS = {
  height: RUNG_HEIGHT,
  frameRate: { least: 1, most: 60 },
  kbit: { least: 100, most: 100_000 },
  keyframeSeconds: { least: 0.5, most: 4 },
  gainDb: { least: -20, most: 20 },
} as const;

/** A new GOP each second: a viewer who joins gets at most a second of pictures at once, and waits for none. */
export const DEFAULT_KEYFRAME_SECONDS = 1;

interface Encoded {
  readonly source: { readonly kind: string; readonly copy?: boolean | undefined };
  readonly ladder?: readonly Rung[] | undefined;
  readonly encoding?: Encoding | undefined;
}

export interface EncodingProblem {
  /** Absent: all of them are wrong here. */
  readonly field?: keyof Encoding;
  /** One sentence for the streamer. */
  readonly message: string;
}

const OF_THE_PICTURE = ['preset', 'height', 'frameRate', 'kbit', 'keyframeSeconds', 'encoder'] as const;
/** Each rung of a ladder has its own. */
const OF_A_RUNG = ['height', 'kbit'] as const;
/** Why a stream cannot be encoded like this; undefined if it can. */
export function encodingProblem({ source, ladder, encoding = {} }: Encoded): EncodingProblem | undefined {
  const firstOf = (fields: readonly (keyof Encoding)[]) =>
    fields.find((field) => encoding[field] !== undefined);
  const isWished = Object.values(encoding).some((value) => value !== undefined);
  if (!isWished) return undefined;
  if (source.kind === 'topic') {
    return {
      message: 'This stream is encoded by somebody else, so how it is encoded cannot be chosen here.',
    };
  }
  if (source.kind === 'ingest') {
    return {
      message:
        'What an encoder publishes goes on air as it is, and what is made of it keeps its times: choose in the encoder how it is encoded.',
    };
  }
  const ofThePicture = source.copy ? firstOf(OF_THE_PICTURE) : undefined;
  if (ofThePicture) {
    return {
      field: ofThePicture,
      message: 'Video that is sent as it is cannot be encoded in another way: choose one of the two.',
    };
  }
  if (encoding.gainDb !== undefined && (source.copy || encoding.sound === 'off')) {
    return {
      field: 'gainDb',
      message: source.copy
        ? 'Sound that is sent as it is keeps its loudness: choose one of the two.'
        : 'Without sound there is nothing to make louder.',
    };
  }
  const ofARung = ladder && firstOf(OF_A_RUNG);
  if (ofARung) {
    return {
      field: ofARung,
      message: 'Each rendition of the ladder has its own height and bitrate: set them there.',
    };
  }
  return undefined;
}
