import { aac } from './aac.js';
import type { AudioCodec, AudioConfig, VideoCodec, VideoConfig } from './codec.js';
import { h264 } from './h264.js';
import { hevc } from './hevc.js';
import { opus } from './opus.js';

/** All codecs that pass through. A new one is a file of its own and a word here. */
export const VIDEO_CODECS: readonly VideoCodec[] = [h264, hevc];
export const AUDIO_CODECS: readonly AudioCodec[] = [aac, opus];

/** The box in `stsd` that sets a decoder up. */
export const sampleEntryOf = (config: VideoConfig | AudioConfig): Uint8Array =>
  config.kind === 'video'
    ? VIDEO_CODECS.find(({ format }) => format === config.format)!.sampleEntry(config)
    : AUDIO_CODECS.find(({ format }) => format === config.format)!.sampleEntry(config);

/** How people call the codec of an RFC 6381 name: 'HEVC' for hvc1.1.6.L93.b0; unknown names stay as they are. */
export function titleOf(codec: string): string {
  const known = [...VIDEO_CODECS, ...AUDIO_CODECS].find(({ prefixes }) =>
    prefixes.some((prefix) => codec.toLowerCase().startsWith(prefix)),
  );
  return known?.title ?? codec;
}
