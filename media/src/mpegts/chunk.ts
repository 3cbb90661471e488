import type { AudioFormat, VideoFormat } from '@topicast/contracts/http';
import type { Ticks90k } from '@topicast/contracts/units';

/** Whole TS packets with at most one video access unit, and the audio and data muxed since the previous chunk. */
export interface Chunk {
  /** Its own bytes, a multiple of 188 long. A keyframe chunk begins with PAT and PMT. */
  readonly data: Uint8Array;
  /** A decoder can start here: a keyframe with its parameter sets; an audio-only stream has one such chunk a second. */
  readonly keyframe: boolean;
  /** After a loss, damage or a jump of the clock. Also the very first chunk. */
  readonly discontinuity: boolean;
  readonly audioOnly: boolean;
  /** Decode time of the access unit, or of the first audio frame; unwrapped over the 33-bit rollover. */
  readonly decodeTime: Ticks90k;
  readonly presentationOffset: Ticks90k;
  /** Chunks since the last keyframe chunk, 0 in one. */
  readonly sinceKeyframe: number;
  /** Position of its first packet among all bytes ever pushed; never below that of the previous chunk. */
  readonly start: number;
}

/** What the bitstream says about itself; fields appear as they become known. */
export interface StreamFormat {
  readonly video?: VideoFormat;
  readonly audio?: AudioFormat;
}

/** Counted since the beginning. */
export interface ChunkerStats {
  packets: number;
  /** Bytes outside any packet. */
  garbageBytes: number;
  nullPackets: number;
  continuityErrors: number;
  /** Access units that were dropped: before the first keyframe, damaged, or after damage up to the next keyframe. */
  droppedAccessUnits: number;
  /**
   * PES packets and sections of audio and data tracks that were dropped: damaged, unfinished, or more than may wait.
   */
  droppedUnits: number;
  /** Packets of programmes and stream types that are not carried. */
  ignoredPackets: number;
}
