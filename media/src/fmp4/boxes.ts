/// <reference path="./mux.d.ts" />
import type { MuxTrackFragment } from 'mux.js/lib/mp4/mp4-generator.js';
import mp4 from 'mux.js/lib/mp4/mp4-generator.js';
import type { VideoParameters } from './access-unit.js';
import type { AudioFrame, AudioParameters } from './adts.js';

/** ISO 14496-12 boxes, one track a file: the names of the tracks in them. */
const VIDEO_TRACK_ID = 1;
const AUDIO_TRACK_ID = 2;

const BOX_HEADER_BYTES = 8;
const NAL_LENGTH_BYTES = 4;
const MDAT = 0x6d646174;

export function videoInit({
  sps,
  pps,
  picture,
  sampleAspectRatio,
}: VideoParameters): Uint8Array<ArrayBuffer> {
  const [, profileIdc = 0, profileCompatibility = 0, levelIdc = 0] = sps[0] ?? [];
  return mp4.initSegment([
    {
      type: 'video',
      id: VIDEO_TRACK_ID,
      width: picture.width,
      height: picture.height,
      profileIdc,
      profileCompatibility,
      levelIdc,
      sarRatio: sampleAspectRatio,
      sps,
      pps,
    },
  ]);
}

export function audioInit(parameters: AudioParameters): Uint8Array<ArrayBuffer> {
  return mp4.initSegment([
    {
      type: 'audio',
      id: AUDIO_TRACK_ID,
      samplerate: parameters.sampleRate,
      channelcount: parameters.channels,
      samplesize: 16,
      audioobjecttype: parameters.objectType,
      samplingfrequencyindex: parameters.frequencyIndex,
    },
  ]);
}

export interface VideoSample {
  readonly nals: readonly Uint8Array[];
  readonly keyframe: boolean;
  /** In 90 kHz ticks. */
  readonly decodeTime: number;
  readonly compositionOffset: number;
  readonly duration: number;
}

/** moof and mdat of one picture. */
export function videoFragment(sequence: number, sample: VideoSample): Uint8Array<ArrayBuffer> {
  const { nals, keyframe, duration } = sample;
  const size = nals.reduce((sum, nal) => sum + NAL_LENGTH_BYTES + nal.byteLength, 0);
  const flags = {
    isLeading: 0,
    dependsOn: keyframe ? 2 : 1,
    isDependedOn: 0,
    hasRedundancy: 0,
    paddingValue: 0,
    isNonSyncSample: keyframe ? 0 : 1,
    degradationPriority: 0,
  };
  const samples = [{ duration, size, flags, compositionTimeOffset: sample.compositionOffset }];
  const track = {
    type: 'video',
    id: VIDEO_TRACK_ID,
    baseMediaDecodeTime: sample.decodeTime,
    samples,
  } as const;
  const out = withMdat(sequence, track, size);
  let at = out.byteLength - size;
  const view = new DataView(out.buffer);
  for (const nal of nals) {
    view.setUint32(at, nal.byteLength);
    out.set(nal, at + NAL_LENGTH_BYTES);
    at += NAL_LENGTH_BYTES + nal.byteLength;
  }
  return out;
}

/** moof and mdat of audio frames that follow each other without a gap. @param decodeTime in sampling instants. */
export function audioFragment(
  sequence: number,
  decodeTime: number,
  frames: readonly AudioFrame[],
): Uint8Array<ArrayBuffer> {
  const samples = frames.map(({ data, length }) => ({ size: data.byteLength, duration: length }));
  const size = samples.reduce((sum, sample) => sum + sample.size, 0);
  const track = { type: 'audio', id: AUDIO_TRACK_ID, baseMediaDecodeTime: decodeTime, samples } as const;
  const out = withMdat(sequence, track, size);
  let at = out.byteLength - size;
  for (const { data } of frames) {
    out.set(data, at);
    at += data.byteLength;
  }
  return out;
}

/** The payload's bytes, at the end, are left to the caller: mux.js's `mdat` would copy them once more. */
function withMdat(sequence: number, track: MuxTrackFragment, payloadBytes: number): Uint8Array<ArrayBuffer> {
  const moof = mp4.moof(sequence, [track]);
  const out = new Uint8Array(moof.byteLength + BOX_HEADER_BYTES + payloadBytes);
  out.set(moof);
  const view = new DataView(out.buffer, moof.byteLength);
  view.setUint32(0, BOX_HEADER_BYTES + payloadBytes);
  view.setUint32(4, MDAT);
  return out;
}
