import { sameBytes } from '../bytes.js';
import type { ElementaryStream } from '../mpegts/tables.js';

/** What a decoder is set up with, and what the stream's parameter sets say about the picture. */
export interface VideoConfig {
  readonly kind: 'video';
  readonly format: 'h264' | 'hevc';
  /** RFC 6381, such as avc1.64001f. */
  readonly codec: string;
  /** Pixels shown, after cropping. */
  readonly width: number;
  readonly height: number;
  /** Undefined if the decoder should find out from the parameter sets. */
  readonly sampleAspectRatio: readonly [number, number] | undefined;
  /** NAL units without start code, in the order of the stream, each once. */
  readonly parameterSets: readonly Uint8Array[];
}

/** What a keyframe's parameter sets say, as far as the chunker needs it. */
export type Picture = Pick<VideoConfig, 'codec' | 'width' | 'height'>;

/** One access unit. NAL units are views without start codes; parameter sets and delimiters are separate. */
export interface AccessUnit {
  readonly nals: readonly Uint8Array[];
  /** Present in every keyframe: a decoder can start here. */
  readonly config: VideoConfig | undefined;
  /** Parameter sets of a unit that is not a keyframe. */
  readonly looseSets: readonly Uint8Array[];
}

export interface VideoCodec {
  readonly format: VideoConfig['format'];
  isCarriedBy(stream: ElementaryStream): boolean;
  /**
   * Reads the access unit (Annex B) up to its first slice, because everything that marks a keyframe comes before that.
   */
  inspect(unit: Uint8Array): { readonly keyframe: boolean; readonly picture: Picture | undefined };
  /** Undefined if this is not a decodable access unit. */
  read(unit: Uint8Array): AccessUnit | undefined;
  /** The decoder's set-up, as in the sample entry (ISO 14496-15). */
  decoderRecord(config: VideoConfig): readonly number[];
  /** The box in `stsd` (ISO 14496-15). */
  sampleEntry(config: VideoConfig): Uint8Array;
}

export interface AudioConfig {
  readonly kind: 'audio';
  readonly format: 'aac' | 'opus';
  /** RFC 6381, such as mp4a.40.2. */
  readonly codec: string;
  /** Hz; a frame's length is counted in these samples. */
  readonly sampleRate: number;
  readonly channels: number;
  /** AAC: AudioSpecificConfig. Opus: what follows the version in `dOps`. */
  readonly description: Uint8Array;
}

/** One frame, as a decoder takes it. */
export interface AudioFrame {
  readonly data: Uint8Array;
  readonly config: AudioConfig;
  /** Its length in samples. */
  readonly length: number;
  /** 33 bits, 90 kHz; undefined if the frame directly follows the previous one. */
  readonly pts: number | undefined;
}

/** Frames from the PES packets of one track; a frame may begin in one packet and end in the next. */
export interface AudioReader {
  read(payload: Uint8Array, pts: number | undefined): AudioFrame[];
  /** The rest of an unfinished frame will not come. */
  reset(): void;
}

export interface AudioCodec {
  readonly format: AudioConfig['format'];
  isCarriedBy(stream: ElementaryStream): boolean;
  /** The format of the first frame in a PES packet, and how long all frames that begin in it last: 90 kHz ticks. */
  inspect(
    payload: Uint8Array,
    stream: ElementaryStream,
  ): {
    readonly format: Pick<AudioConfig, 'codec' | 'sampleRate' | 'channels'> | undefined;
    readonly duration: number;
  };
  reader(stream: ElementaryStream): AudioReader;
  sampleEntry(config: AudioConfig): Uint8Array;
}

/** Whether a decoder can continue from one to the other without a new set-up. */
export function sameConfig(a: VideoConfig | AudioConfig, b: VideoConfig | AudioConfig): boolean {
  if (a.codec !== b.codec) return false;
  if (a.kind === 'video' && b.kind === 'video') return sameAll(a.parameterSets, b.parameterSets);
  if (a.kind === 'audio' && b.kind === 'audio')
    return a.sampleRate === b.sampleRate && sameBytes(a.description, b.description);
  return false;
}

const sameAll = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((set, i) => sameBytes(set, b[i]!));
