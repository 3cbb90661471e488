/** AAC frames without headers, as FLV and MP4 store them, become ADTS frames (ISO 13818-7 6.2). */
export const STREAM_TYPE_ADTS = 0x0f;

const SAMPLE_RATES = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];
const HEADER_BYTES = 7;
const MAX_FRAME_BYTES = 0x1fff;
const EXPLICIT_RATE = 15;
/** Spectral band replication and parametric stereo: decoders find both in the frames of the core. */
const EXTENSIONS = [5, 29];

export interface StoredAac {
  /** Of the core: 1 Main, 2 LC, 3 SSR, 4 LTP. */
  readonly objectType: number;
  readonly frequencyIndex: number;
  /** 1 to 6 channels, 7 for eight. */
  readonly channelConfiguration: number;
  readonly sampleRate: number;
}

/**
 * AudioSpecificConfig (ISO 14496-3 1.6.2.1): object type 5 | frequency 4 | channels 4 | ...
 *
 * Undefined if ADTS cannot carry it: other kinds of AAC, other rates, channels that have no number, frames of 960.
 */
export function readAudioSpecificConfig(config: Uint8Array): StoredAac | undefined {
  const bits = bitsOf(config);
  let objectType = bits(5);
  const frequencyIndex = indexOf(bits);
  const channelConfiguration = bits(4);
  if (EXTENSIONS.includes(objectType)) {
    indexOf(bits);
    objectType = bits(5);
  }
  const hasShortFrames = bits(1) === 1;
  const sampleRate = SAMPLE_RATES[frequencyIndex];
  const isCarried =
    objectType >= 1 && objectType <= 4 && channelConfiguration >= 1 && channelConfiguration <= 7;
  if (sampleRate === undefined || !isCarried || hasShortFrames || config.byteLength < 2) return undefined;
  return { objectType, frequencyIndex, channelConfiguration, sampleRate };
}

/** The frame behind its header; undefined if it is empty, or too long for one. */
export function toAdts(aac: StoredAac, frame: Uint8Array): Uint8Array | undefined {
  const size = HEADER_BYTES + frame.byteLength;
  if (frame.byteLength === 0 || size > MAX_FRAME_BYTES) return undefined;
  const { objectType, frequencyIndex, channelConfiguration } = aac;
  const out = new Uint8Array(size);
  out.set([
    ...[0xff, 0xf1], // MPEG-4, no CRC
    ((objectType - 1) << 6) | (frequencyIndex << 2) | (channelConfiguration >> 2),
    ((channelConfiguration & 3) << 6) | (size >> 11),
    (size >> 3) & 0xff,
    ...[((size & 7) << 5) | 0x1f, 0xfc], // fullness unknown, one block
  ]);
  out.set(frame, HEADER_BYTES);
  return out;
}

function indexOf(bits: (count: number) => number): number {
  const index = bits(4);
  return index === EXPLICIT_RATE ? SAMPLE_RATES.indexOf(bits(24)) : index;
}

/** What is beyond the end reads as zeros. */
function bitsOf(bytes: Uint8Array): (count: number) => number {
  let at = 0;
  return (count) => {
    let value = 0;
    for (const end = at + count; at < end; at++) {
      value = value * 2 + (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    }
    return value;
  };
}
