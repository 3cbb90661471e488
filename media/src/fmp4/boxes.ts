/// <reference path="./mux.d.ts" />
import type { MuxAudioTrack, MuxTrackFragment, MuxVideoTrack } from 'mux.js/lib/mp4/mp4-generator.js';
import mp4 from 'mux.js/lib/mp4/mp4-generator.js';
import type { AudioConfig, VideoConfig } from '../codec/codec.js';
import { u32 } from '../codec/sample-entry.js';
import { sampleEntryOf } from '../codec/table.js';
import type { AudioRun } from '../samples/sample.js';
import { replaceBody } from './box-tree.js';

/** ISO 14496-12 boxes by mux.js's generator: the numbers of the tracks in them. */
export const TRACK_ID = { video: 1, audio: 2 } as const;

const BOX_HEADER_BYTES = 8;
const MDAT = 0x6d646174;
const TICKS_PER_SECOND = 90_000;

/** Units of a second in which the track counts. */
export const timescaleOf = (config: VideoConfig | AudioConfig): number =>
  config.kind === 'video' ? TICKS_PER_SECOND : config.sampleRate;

/** ftyp and moov, of no known duration: `mvhd`, `tkhd` and `mdhd` say 0xffffffff. */
export function initSegment(configs: readonly (VideoConfig | AudioConfig)[]): Uint8Array<ArrayBuffer> {
  const init = mp4.initSegment(configs.map(muxTrack));
  return configs.reduce(
    (bytes, config, i) =>
      replaceBody(bytes, [['moov', 0], ['trak', i], ...STSD_PATH], sampleDescription(config)),
    init,
  );
}

const STSD_PATH = ['mdia', 'minf', 'stbl', 'stsd'].map((type) => [type, 0] as const);
const sampleDescription = (config: VideoConfig | AudioConfig): Uint8Array =>
  Uint8Array.from([0, 0, 0, 0, ...u32(1), ...sampleEntryOf(config)]);

/** mux.js knows H.264 and AAC only; its sample description is replaced, whatever the codec. */
function muxTrack(config: VideoConfig | AudioConfig): MuxVideoTrack | MuxAudioTrack {
  if (config.kind === 'audio')
    return {
      type: 'audio',
      id: TRACK_ID.audio,
      samplerate: config.sampleRate,
      channelcount: config.channels,
    };
  return { type: 'video', id: TRACK_ID.video, width: config.width, height: config.height };
}

/** One picture in a fragment. Times in 90 kHz ticks. */
export interface FragmentPicture {
  readonly parts: readonly Uint8Array[];
  readonly keyframe: boolean;
  readonly compositionOffset: number;
  readonly duration: number;
}

/** moof and mdat of pictures that follow each other. */
export function videoFragment(
  sequence: number,
  decodeTime: number,
  pictures: readonly FragmentPicture[],
): Uint8Array<ArrayBuffer> {
  const samples = pictures.map(({ parts, keyframe, compositionOffset, duration }) => ({
    duration,
    size: sizeOf(parts),
    flags: keyframe ? SYNC_SAMPLE : OTHER_SAMPLE,
    compositionTimeOffset: compositionOffset,
  }));
  return fragment(
    sequence,
    { type: 'video', id: TRACK_ID.video, baseMediaDecodeTime: decodeTime, samples },
    pictures.flatMap(({ parts }) => parts),
  );
}

/** moof and mdat of sound. @param start in sampling instants */
export function audioFragment(
  sequence: number,
  start: number,
  frames: AudioRun['frames'],
): Uint8Array<ArrayBuffer> {
  const samples = frames.map(({ data, length }) => ({ size: data.byteLength, duration: length }));
  return fragment(
    sequence,
    { type: 'audio', id: TRACK_ID.audio, baseMediaDecodeTime: start, samples },
    frames.map(({ data }) => data),
  );
}

const NO_FLAGS = { isLeading: 0, isDependedOn: 0, hasRedundancy: 0, paddingValue: 0, degradationPriority: 0 };
const SYNC_SAMPLE = { ...NO_FLAGS, dependsOn: 2, isNonSyncSample: 0 };
const OTHER_SAMPLE = { ...NO_FLAGS, dependsOn: 1, isNonSyncSample: 1 };

/** The payload goes in here: mux.js's `mdat` would copy it once more. Its data offset wants one track a fragment. */
function fragment(
  sequence: number,
  track: MuxTrackFragment,
  parts: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const moof = mp4.moof(sequence, [track]);
  const size = sizeOf(parts);
  const out = new Uint8Array(moof.byteLength + BOX_HEADER_BYTES + size);
  out.set(moof);
  const view = new DataView(out.buffer, moof.byteLength);
  view.setUint32(0, BOX_HEADER_BYTES + size);
  view.setUint32(4, MDAT);
  let at = moof.byteLength + BOX_HEADER_BYTES;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}

const sizeOf = (parts: readonly Uint8Array[]): number =>
  parts.reduce((sum, part) => sum + part.byteLength, 0);
