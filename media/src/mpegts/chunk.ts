import type { AudioFormat, VideoFormat } from '@topicast/contracts/http';
import type { Ticks90k } from '@topicast/contracts/units';

/** Whole TS packets holding at most one video access unit and the audio and data muxed since the chunk before. */
export interface Chunk {
  /** Bytes of its own, a multiple of 188 long. A keyframe chunk begins with PAT and PMT. */
  readonly data: Uint8Array;
  /** A decoder can start here: an IDR or recovery point with SPS and PPS; in an audio-only stream one a second. */
  readonly keyframe: boolean;
  /** After loss, damage or a jump of the clock. Also the first chunk of all. */
  readonly discontinuity: boolean;
  readonly audioOnly: boolean;
  /** Decode time of the access unit, or of the first audio frame; unwrapped over the 33-bit rollover. */
  readonly decodeTime: Ticks90k;
  readonly presentationOffset: Ticks90k;
  /** Chunks since the last keyframe chunk, 0 in one. */
  readonly sinceKeyframe: number;
  /** Position of its first packet among all bytes ever pushed; not below the one of the chunk before. */
  readonly start: number;
}

/** What the bitstream says of itself; fields appear as they become known. */
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
  /** Access units thrown away: before the first keyframe, or damaged, or after damage up to the next keyframe. */
  droppedAccessUnits: number;
  /** PES packets and sections of audio and data tracks thrown away: damaged, unfinished, or more than may wait. */
  droppedUnits: number;
  /** Packets of programmes and stream types that are not carried. */
  ignoredPackets: number;
}
