import { concatenated } from '../bytes.js';
import { box } from '../iso-bmff.js';
import type { AudioCodec, AudioConfig, AudioFrame, AudioReader } from './codec.js';
import { audioSampleEntry } from './sample-entry.js';

/** AAC in ADTS frames (ISO 13818-7 6.2), carried as in ISO 13818-1 and stored as in ISO 14496-14. */
const STREAM_TYPE_ADTS = 0x0f;

const SAMPLE_RATES = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];
const HEADER_BYTES = 7;
const CRC_BYTES = 2;
const INSTANTS_PER_BLOCK = 1024;
const NO_BYTES = new Uint8Array(0);

export const aac: AudioCodec = {
  format: 'aac',
  isCarriedBy: ({ type }) => type === STREAM_TYPE_ADTS,

  inspect(payload) {
    let first: Header | undefined;
    let instants = 0;
    for (let at = 0; at + HEADER_BYTES <= payload.byteLength; ) {
      const header = parseFrame(payload, at);
      if (!header) {
        at++;
        continue;
      }
      if (header.channelConfiguration > 0) first ??= header;
      instants += header.length;
      at += header.size;
    }
    return { format: first && configOf(first), duration: first ? (instants * 90_000) / first.sampleRate : 0 };
  },

  reader: () => new AdtsReader(),

  sampleEntry(config) {
    const { description } = config;
    const decoder = [
      ...[0x04, 13 + 2 + description.byteLength, 0x40, 0x15], // DecoderConfigDescriptor: MPEG-4 audio
      ...[0, 0x06, 0, 0, 0, 0xda, 0xc0, 0, 0, 0xda, 0xc0], // buffer and bit rates, which nobody knows
      ...[0x05, description.byteLength, ...description],
    ];
    const elementaryStream = [0, 0, 0, ...decoder, 0x06, 0x01, 0x02];
    const esds = box('esds', [0, 0, 0, 0, 0x03, elementaryStream.length, ...elementaryStream]);
    return audioSampleEntry('mp4a', config, esds);
  },
};

/**
 * We do not use mux.js's AdtsStream. It loops for ever on a frame length of 0. It also gives a frame that began in one
 * PES packet and ends in the next the time stamp of the later packet, which belongs to the first frame that *begins*
 * there (ISO 13818-1 2.4.3.7).
 */
class AdtsReader implements AudioReader {
  #rest: Uint8Array = NO_BYTES;
  #config: AudioConfig | undefined;

  read(payload: Uint8Array, pts: number | undefined): AudioFrame[] {
    if (beginsWithFrame(payload)) this.#rest = NO_BYTES; // what it waited for did not come
    const bytes = this.#rest.byteLength === 0 ? payload : concatenated([this.#rest, payload]);
    const firstOwn = this.#rest.byteLength;
    const frames: AudioFrame[] = [];
    let stamp = pts;
    let at = 0;
    while (at + HEADER_BYTES <= bytes.byteLength) {
      const header = parseFrame(bytes, at);
      if (!header) {
        at++;
        continue;
      }
      if (at + header.size > bytes.byteLength) break;
      const own = at >= firstOwn;
      // 0 channels: the layout is inside the frame, and `esds` cannot point there.
      if (header.channelConfiguration > 0) {
        frames.push({
          data: bytes.subarray(at + header.headerSize, at + header.size),
          config: this.#configOf(header),
          length: header.length,
          pts: own ? stamp : undefined,
        });
      }
      if (own) stamp = undefined;
      at += header.size;
    }
    this.#rest = new Uint8Array(bytes.subarray(at));
    return frames;
  }

  reset(): void {
    this.#rest = NO_BYTES;
  }

  /** Returns the same object as long as its content is the same. */
  #configOf(header: Header): AudioConfig {
    const config = configOf(header);
    if (String(config.description) !== String(this.#config?.description)) this.#config = config;
    return this.#config!;
  }
}

interface Header {
  readonly objectType: number;
  readonly frequencyIndex: number;
  readonly sampleRate: number;
  /** channel_configuration: 1-6 channels, 7 for eight. */
  readonly channelConfiguration: number;
  /** Bytes of the frame with its header. */
  readonly size: number;
  readonly headerSize: number;
  readonly length: number;
}

/**
 * 7 bytes, 9 with a CRC:
 *
 *   sync 12, id 1, layer 2, no CRC 1 | profile 2, frequency 4, private 1, channels 3, ... 4, frame length 13,
 *   fullness 11, blocks 2
 */
function parseHeader(bytes: Uint8Array, at: number): Header | undefined {
  if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) return undefined;
  const frequencyIndex = (bytes[at + 2]! >> 2) & 0x0f;
  const sampleRate = SAMPLE_RATES[frequencyIndex];
  const size = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
  const headerSize = HEADER_BYTES + (bytes[at + 1]! & 1 ? 0 : CRC_BYTES);
  if (sampleRate === undefined || size <= headerSize) return undefined;
  return {
    frequencyIndex,
    sampleRate,
    size,
    headerSize,
    objectType: (bytes[at + 2]! >> 6) + 1,
    channelConfiguration: ((bytes[at + 2]! & 1) << 2) | (bytes[at + 3]! >> 6),
    length: ((bytes[at + 6]! & 3) + 1) * INSTANTS_PER_BLOCK,
  };
}

/** What follows a frame, if it is there, is another one; else it only looks like a frame. */
function parseFrame(bytes: Uint8Array, at: number): Header | undefined {
  const header = parseHeader(bytes, at);
  if (!header) return undefined;
  const next = at + header.size;
  return next + HEADER_BYTES > bytes.byteLength || parseHeader(bytes, next) ? header : undefined;
}

/** With AudioSpecificConfig (ISO 14496-3 1.6.2.1): object type 5, frequency 4, channels 4, and zeros. */
function configOf({ objectType, frequencyIndex, sampleRate, channelConfiguration }: Header): AudioConfig {
  return {
    kind: 'audio',
    format: 'aac',
    codec: `mp4a.40.${objectType}`,
    sampleRate,
    channels: channelConfiguration === 7 ? 8 : channelConfiguration,
    description: Uint8Array.of(
      (objectType << 3) | (frequencyIndex >> 1),
      ((frequencyIndex & 1) << 7) | (channelConfiguration << 3),
    ),
  };
}

/** Certain: the frame ends where the next one begins, or where the bytes end. */
function beginsWithFrame(bytes: Uint8Array): boolean {
  const { size = 0 } = parseFrame(bytes, 0) ?? {};
  return size > 0 && (size === bytes.byteLength || size + HEADER_BYTES <= bytes.byteLength);
}
