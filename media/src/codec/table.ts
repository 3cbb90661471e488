import { aac } from './aac.js';
import type { AudioCodec, AudioConfig, VideoCodec, VideoConfig } from './codec.js';
import { h264 } from './h264.js';
import { hevc } from './hevc.js';
import { opus } from './opus.js';

/** All codecs that pass through. A new codec is a new file and an entry here. */
export const VIDEO_CODECS: readonly VideoCodec[] = [h264, hevc];
export const AUDIO_CODECS: readonly AudioCodec[] = [aac, opus];

/** The box in `stsd` that sets a decoder up. */
export const sampleEntryOf = (config: VideoConfig | AudioConfig): Uint8Array =>
  config.kind === 'video' ? videoCodec(config).sampleEntry(config) : audioCodec(config).sampleEntry(config);

/** The body of that box's `avcC` or `hvcC` (ISO 14496-15). */
export const decoderRecordOf = (config: VideoConfig): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(videoCodec(config).decoderRecord(config));

const videoCodec = (config: VideoConfig): VideoCodec =>
  VIDEO_CODECS.find(({ format }) => format === config.format)!;
const audioCodec = (config: AudioConfig): AudioCodec =>
  AUDIO_CODECS.find(({ format }) => format === config.format)!;
