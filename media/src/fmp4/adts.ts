import type { Pes } from './demuxer.js';

/** What an AAC decoder is set up with. */
export interface AudioParameters {
  readonly objectType: number;
  readonly frequencyIndex: number;
  readonly sampleRate: number;
  /** channel_configuration: 1-6 channels, 7 for eight. */
  readonly channels: number;
}

/** One AAC frame, without its ADTS header. */
export interface AudioFrame {
  readonly data: Uint8Array;
  readonly parameters: AudioParameters;
  /** Sampling instants it lasts. */
  readonly length: number;
  /** 33 bits, 90 kHz; undefined where the frame follows the one before. */
  readonly pts: number | undefined;
}

const SAMPLE_RATES = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];
const HEADER_BYTES = 7;
const CRC_BYTES = 2;

/**
 * AAC frames out of PES packets. Not mux.js's AdtsStream: it loops for ever on a frame length of 0, and gives a frame that
 * began in one PES packet and ends in the next the time stamp of the later one, which belongs to the first frame that
 * *begins* there (ISO 13818-1 2.4.3.7).
 */
export class AdtsReader {
  private rest = new Uint8Array(0);

  read({ data, pts }: Pes): AudioFrame[] {
    if (beginsWithFrame(data)) this.rest = new Uint8Array(0); // what it waited for did not come
    const bytes = this.rest.byteLength === 0 ? data : joined(this.rest, data);
    const firstOwn = this.rest.byteLength;
    const frames: AudioFrame[] = [];
    let stamp = pts;
    let at = 0;
    while (at + HEADER_BYTES <= bytes.byteLength) {
      const header = parseHeader(bytes, at);
      if (!header) {
        at = nextSync(bytes, at + 1);
        continue;
      }
      if (at + header.size > bytes.byteLength) break;
      const own = at >= firstOwn;
      const { parameters, length } = header;
      const frame = bytes.subarray(at + header.headerSize, at + header.size);
      frames.push({ data: frame, parameters, length, pts: own ? stamp : undefined });
      if (own) stamp = undefined;
      at += header.size;
    }
    this.rest = bytes.slice(at);
    return frames;
  }

  reset(): void {
    this.rest = new Uint8Array(0);
  }
}

interface Header {
  readonly parameters: AudioParameters;
  /** Bytes of the frame with its header. */
  readonly size: number;
  readonly headerSize: number;
  readonly length: number;
}

/**
 * ISO 13818-7 6.2, 7 bytes, 9 with a CRC:
 *
 *   sync 12, id 1, layer 2, no CRC 1 | profile 2, frequency 4, private 1, channels 3, ... 4, frame length 13,
 *   fullness 11, blocks 2
 */
function parseHeader(bytes: Uint8Array, at: number): Header | undefined {
  if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) return undefined;
  const frequencyIndex = (bytes[at + 2]! >> 2) & 0x0f;
  const sampleRate = SAMPLE_RATES[frequencyIndex];
  const channels = ((bytes[at + 2]! & 1) << 2) | (bytes[at + 3]! >> 6);
  const size = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
  const headerSize = HEADER_BYTES + (bytes[at + 1]! & 1 ? 0 : CRC_BYTES);
  // 0 channels: the layout is inside the frame, where `esds` cannot point to.
  if (sampleRate === undefined || channels === 0 || size <= headerSize) return undefined;
  const objectType = (bytes[at + 2]! >> 6) + 1;
  const length = ((bytes[at + 6]! & 3) + 1) * 1024;
  return { parameters: { objectType, frequencyIndex, sampleRate, channels }, size, headerSize, length };
}

/** For sure: it ends where the next one begins, or the bytes end. */
function beginsWithFrame(bytes: Uint8Array): boolean {
  const header = bytes.byteLength < HEADER_BYTES ? undefined : parseHeader(bytes, 0);
  if (!header) return false;
  return header.size + HEADER_BYTES > bytes.byteLength
    ? header.size === bytes.byteLength
    : parseHeader(bytes, header.size) !== undefined;
}

function nextSync(bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(0xff, from);
  return at < 0 ? bytes.byteLength : at;
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const all = new Uint8Array(head.byteLength + tail.byteLength);
  all.set(head);
  all.set(tail, head.byteLength);
  return all;
}
