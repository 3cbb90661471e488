import type { DataTrack } from '@topicast/contracts/catalog';
import type { Ticks90k } from '@topicast/contracts/units';
import type { AudioConfig, AudioFrame, VideoConfig } from '../codec/codec.js';

/** Where a sample stands. `epoch` counts the jumps of the stream's clock. */
export interface Placement {
  readonly decode: Ticks90k;
  readonly presentation: Ticks90k;
  readonly epoch: number;
}

/** Gives the 33-bit time stamps of a stream their place. */
export interface SampleClock {
  /**
   * @param audioPts of the first audio that came with the unit
   * @returns undefined if the unit is out of order: nothing up to the next keyframe has a place then.
   */
  placeVideo(
    unit: { readonly dts: number; readonly pts: number; readonly keyframe: boolean },
    audioPts: number | undefined,
  ): Placement | undefined;
  /** @param alone the stream has no video. @returns undefined if it is of another timeline. */
  placeAudio(pts: number, alone: boolean): Placement | undefined;
  placeData(pts: number): Placement | undefined;
  /** What was placed of this track is over here. */
  reach(track: 'video' | 'audio', end: Ticks90k): void;
}

/** One picture. */
export interface VideoSample {
  readonly pid: number;
  readonly placement: Placement;
  /** Of the decode time, from the picture before; undefined in the first two of a timeline, where none is known. */
  readonly step: Ticks90k | undefined;
  /** How long it is shown, as the pictures before it tell. The next one says it for sure. */
  readonly duration: Ticks90k;
  readonly keyframe: boolean;
  /** Of this picture or of the keyframe before: what the decoder must be set up with. */
  readonly config: VideoConfig;
  /** In the format of MP4; they are views and lie one behind the other. */
  readonly parts: readonly Uint8Array[];
}

/** Audio frames of one format that follow each other without a gap. */
export interface AudioRun {
  readonly pid: number;
  readonly config: AudioConfig;
  readonly frames: readonly AudioFrame[];
  /** In sampling instants. */
  readonly start: number;
  readonly epoch: number;
}

/** A PES packet or a section of a data track, as it is. */
export interface DataSample {
  readonly pid: number;
  readonly format: DataTrack['format'];
  readonly data: Uint8Array;
  /** Of its time stamp; of the chunk's picture or sound where it has none. */
  readonly placement: Placement;
}

/** What one chunk gives. */
export interface ChunkSamples {
  readonly video: readonly VideoSample[];
  readonly audio: readonly AudioRun[];
  readonly data: readonly DataSample[];
}
