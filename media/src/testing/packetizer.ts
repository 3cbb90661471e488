import { type ElementaryStream, type Programme, TableWriter } from '../mpegts/tables.js';

/** Chunks made by hand, for cases that no encoder can be told to make. */
export const VIDEO_PID = 0x100;
export const AUDIO_PID = 0x101;
const PMT_PID = 0x1000;
const NONE: Uint8Array = new Uint8Array(0);

interface PesOptions {
  readonly pts: number;
  readonly dts?: number;
  /** Leave PES_packet_length 0, as a PES packet over 65,535 bytes must. */
  readonly openLength?: boolean;
}

/** One PES packet (ISO 13818-1 2.4.3.6) with both time stamps. */
function pesPacket(
  streamId: number,
  { pts, dts = pts, openLength = false }: PesOptions,
  payload: Uint8Array,
): Uint8Array {
  const length = openLength ? 0 : 3 + 10 + payload.byteLength;
  const head = [
    0,
    0,
    1,
    streamId,
    length >> 8,
    length & 0xff,
    0x80,
    0xc0,
    10,
    ...stamp(3, pts),
    ...stamp(1, dts),
  ];
  return Uint8Array.from([...head, ...payload]);
}

/** 33 bits in five bytes: 4 bits of a prefix, then 3, 15 and 15 bits, each followed by a marker. */
function stamp(prefix: number, ticks: number): number[] {
  const value = ((ticks % 2 ** 33) + 2 ** 33) % 2 ** 33;
  const [high, low] = [Math.floor(value / 2 ** 15), value % 2 ** 15];
  return [
    (prefix << 4) | ((high >> 15) << 1) | 1,
    (high >> 7) & 0xff,
    ((high & 0x7f) << 1) | 1,
    low >> 7,
    ((low & 0x7f) << 1) | 1,
  ];
}

/** Cuts PES packets into transport packets, with the continuity counters of one stream. */
export class Packetizer {
  readonly #counters = new Map<number, number>();
  readonly #tableWriter = new TableWriter();

  /** @param descriptors of the programme */
  tables({
    video = true,
    audio = true,
    more = [] as readonly ElementaryStream[],
    descriptors = NONE,
  } = {}): Uint8Array {
    const programme: Programme = {
      number: 1,
      pcrPid: video ? VIDEO_PID : AUDIO_PID,
      descriptors,
      streams: [
        ...(video ? [{ pid: VIDEO_PID, type: 0x1b, descriptors: NONE }] : []),
        ...(audio ? [{ pid: AUDIO_PID, type: 0x0f, descriptors: NONE }] : []),
        ...more,
      ],
    };
    return this.#tableWriter.write(programme, PMT_PID);
  }

  video(options: PesOptions, accessUnit: Uint8Array): Uint8Array[] {
    return this.pes(VIDEO_PID, 0xe0, options, accessUnit);
  }

  audio(options: PesOptions, frames: Uint8Array): Uint8Array[] {
    return this.pes(AUDIO_PID, 0xc0, options, frames);
  }

  pes(pid: number, streamId: number, options: PesOptions, payload: Uint8Array): Uint8Array[] {
    return this.#packets(pid, pesPacket(streamId, options, payload));
  }

  #packets(pid: number, bytes: Uint8Array): Uint8Array[] {
    const packets: Uint8Array[] = [];
    for (let at = 0; at < bytes.byteLength; ) {
      const packet = new Uint8Array(188).fill(0xff);
      const size = Math.min(184, bytes.byteLength - at);
      const counter = this.#counters.get(pid) ?? 0;
      this.#counters.set(pid, (counter + 1) & 0x0f);
      const stuffing = 184 - size;
      packet.set([0x47, (at === 0 ? 0x40 : 0) | (pid >> 8), pid & 0xff, (stuffing ? 0x30 : 0x10) | counter]);
      if (stuffing > 0) packet[4] = stuffing - 1;
      if (stuffing > 1) packet[5] = 0;
      packet.set(bytes.subarray(at, at + size), 188 - size);
      packets.push(packet);
      at += size;
    }
    return packets;
  }
}

/** An AAC frame of 48 kHz mono, 1,024 samples, with its ADTS header. */
export function adtsFrame(payload: Uint8Array, { frequencyIndex = 3, channels = 1 } = {}): Uint8Array {
  const size = 7 + payload.byteLength;
  const head = [
    0xff,
    0xf1,
    (1 << 6) | (frequencyIndex << 2) | (channels >> 2),
    ((channels & 3) << 6) | (size >> 11),
    (size >> 3) & 0xff,
    ((size & 7) << 5) | 0x1f,
    0xfc,
  ];
  return Uint8Array.from([...head, ...payload]);
}
