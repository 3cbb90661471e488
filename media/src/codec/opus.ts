import { box, u16, u32 } from '../iso-bmff.js';
import { findDescriptor, registrationOf } from '../mpegts/descriptors.js';
import type { ElementaryStream } from '../mpegts/tables.js';
import type { AudioCodec, AudioConfig, AudioFrame, AudioReader } from './codec.js';
import { audioSampleEntry } from './sample-entry.js';

/** Opus (RFC 6716) in private PES packets (ETSI TS 103 491 B), stored as in "Encapsulation of Opus in ISO BMFF". */
const STREAM_TYPE_PRIVATE_PES = 0x06;
const TAG_EXTENSION = 0x7f;
const EXTENSION_OPUS = 0x80;
const SAMPLE_RATE = 48_000;

export const opus: AudioCodec = {
  format: 'opus',
  isCarriedBy: ({ type, descriptors }) =>
    type === STREAM_TYPE_PRIVATE_PES && registrationOf(descriptors) === 'Opus',

  inspect(payload, stream) {
    const instants = packetsOf(payload).reduce((sum, packet) => sum + instantsOf(packet), 0);
    return {
      format: instants > 0 ? configOf(stream) : undefined,
      duration: (instants * 90_000) / SAMPLE_RATE,
    };
  },

  reader: (stream) => new OpusReader(stream),

  sampleEntry: (config) => audioSampleEntry('Opus', config, box('dOps', [0, ...config.description])),
};

class OpusReader implements AudioReader {
  readonly #config: AudioConfig | undefined;

  constructor(stream: ElementaryStream) {
    this.#config = configOf(stream);
  }

  read(payload: Uint8Array, pts: number | undefined): AudioFrame[] {
    const config = this.#config;
    if (!config) return [];
    const frames: AudioFrame[] = [];
    for (const data of packetsOf(payload)) {
      const length = instantsOf(data);
      if (length > 0) frames.push({ data, config, length, pts: frames.length === 0 ? pts : undefined });
    }
    return frames;
  }

  /** Packets never continue in the next PES packet. */
  reset(): void {}
}

/**
 * A control header precedes each packet (opus_control_header):
 *
 *   prefix 11 (0x3ff), start trim 1, end trim 1, extension 1, reserved 2 | size: bytes of 255 and one below it
 *   start trim 16 | end trim 16 | extension length 8, extension
 *
 * The trims concern some milliseconds at the beginning and the end of a recording, which we play all the same.
 */
function packetsOf(payload: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  let at = 0;
  while (at + 2 < payload.byteLength && payload[at] === 0x7f && (payload[at + 1]! & 0xe0) === 0xe0) {
    const flags = payload[at + 1]!;
    at += 2;
    let size = 0;
    while (payload[at] === 0xff) size += payload[at++]!;
    size += payload[at++] ?? 0;
    if (flags & 0x10) at += 2;
    if (flags & 0x08) at += 2;
    if (flags & 0x04) at += 1 + (payload[at] ?? 0);
    if (size === 0 || at + size > payload.byteLength) break;
    packets.push(payload.subarray(at, at + size));
    at += size;
  }
  return packets;
}

/** Instants of a frame by the upper five bits of the first byte (RFC 6716 3.1), in groups of four or two. */
const SILK_FRAMES = [480, 960, 1920, 2880];
const HYBRID_FRAMES = [480, 960];
const CELT_FRAMES = [120, 240, 480, 960];
const MOST_INSTANTS = 5_760;

/** How long a packet lasts, or 0 if it is invalid. */
function instantsOf(packet: Uint8Array): number {
  const toc = packet[0]!;
  const config = toc >> 3;
  const frame =
    config < 12
      ? SILK_FRAMES[config & 3]!
      : config < 16
        ? HYBRID_FRAMES[config & 1]!
        : CELT_FRAMES[config & 3]!;
  const code = toc & 3;
  const count = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 0x3f;
  const instants = frame * count;
  return instants <= MOST_INSTANTS ? instants : 0;
}

/** By channel_config_code: streams, how many of them are pairs, and the order of the channels (RFC 7845 5.1.1.2). */
const LAYOUTS: readonly {
  readonly streams: number;
  readonly pairs: number;
  readonly map: readonly number[];
}[] = [
  { streams: 2, pairs: 0, map: [0, 1] }, // two independent channels
  { streams: 1, pairs: 0, map: [0] },
  { streams: 1, pairs: 1, map: [0, 1] },
  { streams: 2, pairs: 1, map: [0, 2, 1] },
  { streams: 2, pairs: 2, map: [0, 1, 2, 3] },
  { streams: 3, pairs: 2, map: [0, 4, 1, 2, 3] },
  { streams: 4, pairs: 2, map: [0, 4, 1, 2, 3, 5] },
  { streams: 4, pairs: 3, map: [0, 4, 1, 2, 3, 5, 6] },
  { streams: 5, pairs: 3, map: [0, 6, 1, 2, 3, 4, 5, 7] },
];
const FAMILY_OF_MORE_THAN_TWO = 1;
const FAMILY_INDEPENDENT = 255;

/** Undefined if the descriptor names its own layout, which we cannot know. */
function configOf({ descriptors }: ElementaryStream): AudioConfig | undefined {
  const extension = findDescriptor(descriptors, TAG_EXTENSION);
  const code = extension?.[0] === EXTENSION_OPUS ? extension[1] : 2;
  const layout = code === undefined ? undefined : LAYOUTS[code];
  if (!layout) return undefined;
  const { streams, pairs, map } = layout;
  const channels = map.length;
  const family = code === 0 ? FAMILY_INDEPENDENT : channels > 2 ? FAMILY_OF_MORE_THAN_TWO : 0;
  return {
    kind: 'audio',
    format: 'opus',
    codec: 'opus',
    sampleRate: SAMPLE_RATE,
    channels,
    description: Uint8Array.from([
      ...[channels, ...u16(0), ...u32(SAMPLE_RATE), ...u16(0), family], // no pre-skip: a live stream has no beginning
      ...(family === 0 ? [] : [streams, pairs, ...map]),
    ]),
  };
}
