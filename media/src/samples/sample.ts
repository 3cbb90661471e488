import type { DataTrack } from '@topicast/contracts/catalog';
import type { Ticks90k } from '@topicast/contracts/units';
import type { AudioConfig, AudioFrame, VideoConfig } from '../codec/codec.js';

/** The place of a sample. `epoch` counts the jumps of the stream's clock. */
export interface Placement {
  readonly decode: Ticks90k;
  readonly presentation: Ticks90k;
  readonly epoch: number;
}

/** Gives the 33-bit time stamps of a stream their places. */
export interface SampleClock {
  /**
   * @param audioPts of the first audio that came with the unit
   * @returns undefined if the unit is out of order: nothing up to the next keyframe has a place then.
   */
  placeVideo(
    unit: { readonly dts: number; readonly pts: number; readonly keyframe: boolean },
    audioPts: number | undefined,
  ): Placement | undefined;
  /** @param alone the stream has no video. @returns undefined if it belongs to another timeline. */
  placeAudio(pts: number, alone: boolean): Placement | undefined;
  placeData(pts: number): Placement | undefined;
  /** The placed samples of this track end here. */
  reach(track: 'video' | 'audio', end: Ticks90k): void;
}

/** One picture. */
export interface VideoSample {
  readonly pid: number;
  readonly placement: Placement;
  /** Of the decode time, from the picture before; undefined in the first two of a timeline, where none is known. */
  readonly step: Ticks90k | undefined;
  /** How long it is shown, judged by the previous pictures. Only the next one tells for certain. */
  readonly duration: Ticks90k;
  readonly keyframe: boolean;
  /** The decoder's set-up, from this picture or from the keyframe before it. */
  readonly config: VideoConfig;
  /** In the format of MP4; they are views that lie one after the other. */
  readonly parts: readonly Uint8Array[];
}

/** Consecutive audio frames of one format, without a gap. */
export interface AudioRun {
  readonly pid: number;
  readonly config: AudioConfig;
  readonly frames: readonly AudioFrame[];
  /** In sampling instants. */
  readonly start: number;
  readonly epoch: number;
}

/** A PES packet or a section of a data track, unchanged. */
export interface DataSample {
  readonly pid: number;
  readonly format: DataTrack['format'];
  readonly data: Uint8Array;
  /** From its time stamp, or from the chunk's picture or sound if it has none. */
  readonly placement: Placement;
}

/** The samples of one chunk. */
export interface ChunkSamples {
  readonly video: readonly VideoSample[];
  readonly audio: readonly AudioRun[];
  readonly data: readonly DataSample[];
}
