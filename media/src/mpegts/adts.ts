/** Head of an AAC frame (ISO 13818-7 6.2). */
export interface AdtsFormat {
  /** RFC 6381, as mp4a.40.2. */
  readonly codec: string;
  readonly sampleRate: number;
  readonly channels: number;
}

const SAMPLE_RATES = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];
const SAMPLES_PER_BLOCK = 1024;

/** The format of the first frame in these bytes and how long all frames that begin in them last, in 90 kHz ticks. */
export function inspectAdts(bytes: Uint8Array): { format: AdtsFormat | undefined; duration: number } {
  let format: AdtsFormat | undefined;
  let samples = 0;
  let at = 0;
  while (at + 7 <= bytes.byteLength) {
    if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) {
      at = nextSync(bytes, at + 1);
      continue;
    }
    const sampleRate = SAMPLE_RATES[(bytes[at + 2]! >> 2) & 0x0f];
    const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
    if (!sampleRate || length < 7) {
      at = nextSync(bytes, at + 1);
      continue;
    }
    const channels = ((bytes[at + 2]! & 1) << 2) | (bytes[at + 3]! >> 6);
    format ??= {
      codec: `mp4a.40.${(bytes[at + 2]! >> 6) + 1}`,
      sampleRate,
      channels: channels === 7 ? 8 : channels,
    };
    samples += SAMPLES_PER_BLOCK * ((bytes[at + 6]! & 3) + 1);
    at += length;
  }
  return { format, duration: format ? (samples * 90_000) / format.sampleRate : 0 };
}

function nextSync(bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(0xff, from);
  return at < 0 ? bytes.byteLength : at;
}
