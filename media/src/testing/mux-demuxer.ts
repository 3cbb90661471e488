/// <reference path="./mux.d.ts" />
import m2ts from 'mux.js/lib/m2ts/m2ts.js';
import { ContinuityCheck } from '../mpegts/continuity.js';
import {
  hasPayload,
  hasTransportError,
  isScrambled,
  PACKET_BYTES,
  pidOf,
  SYNC_BYTE,
  startsUnit,
} from '../mpegts/packet.js';

/** A whole PES packet. Its time stamps are as they were written: 33 bits, 90 kHz. */
export interface Pes {
  readonly data: Uint8Array;
  readonly pts: number | undefined;
  readonly dts: number | undefined;
}

interface ChunkContents {
  readonly video: readonly Pes[];
  readonly audio: readonly Pes[];
  /** Packets of the track are missing right before this chunk. */
  readonly videoGap: boolean;
  readonly audioGap: boolean;
  /** The programme is without video. */
  readonly audioOnly: boolean;
}

interface Findings {
  video: Pes[];
  audio: Pes[];
  videoGap: boolean;
  audioGap: boolean;
  hasVideo: boolean;
  damaged: boolean;
}

/** `packetLength` of a PES packet that leaves its length open: what stands before and in the field itself. */
const OPEN_LENGTH = 6;

/**
 * The oracle of the differential tests: the PES packets of a chunk, as mux.js reads them. mux.js parses packets and tables and puts the PES packets together; cutting into
 * packets is done here, because its TransportPacketStream withholds the last packet until the next one comes. A chunk
 * contains whole PES packets, so mux.js may release them at its end (otherwise ElementaryStream would wait for the next
 * one to begin), and nothing stays in ElementaryStream from one chunk to the next.
 */
export class MuxDemuxer {
  readonly #packets = new m2ts.TransportParseStream();
  readonly #elementary = new m2ts.ElementaryStream();
  #continuity = new ContinuityCheck();
  #found = nothingFound();

  constructor() {
    this.#packets.on('data', (packet) => {
      const { type, streamType } = packet;
      if (type !== 'pes') return;
      if (streamType === m2ts.H264_STREAM_TYPE || streamType === m2ts.ADTS_STREAM_TYPE)
        this.#elementary.push(packet);
    });
    this.#elementary.on('data', (pes) => this.#onPes(pes));
  }

  /** Undefined if the chunk is damaged: bytes or packets are missing inside. */
  read(chunk: Uint8Array): ChunkContents | undefined {
    const found = nothingFound();
    this.#found = found;
    for (let at = 0; at < chunk.byteLength && !found.damaged; at += PACKET_BYTES) {
      const packet = chunk.subarray(at, at + PACKET_BYTES);
      if (packet.byteLength < PACKET_BYTES || packet[0] !== SYNC_BYTE || hasTransportError(packet)) {
        found.damaged = true;
      } else if (hasPayload(packet) && !isScrambled(packet)) {
        this.#checkContinuity(packet);
        this.#packets.push(packet);
      }
    }
    this.#packets.packetsWaitingForPmt.length = 0;
    this.#elementary.flush();
    this.#elementary.reset();
    // ElementaryStream says nothing of what is too short for a PES header.
    found.damaged ||= found.hasVideo && found.video.length === 0;
    return found.damaged ? undefined : { ...found, audioOnly: this.#packets.programMapTable?.video === null };
  }

  /** The next chunk does not continue the previous one. */
  reset(): void {
    this.#continuity = new ContinuityCheck();
  }

  /** Chunks hold no repeated packets: what looks like one comes 16 packets, or 32, after the last. */
  #checkContinuity(packet: Uint8Array): void {
    const pid = pidOf(packet);
    const isVideo = pid === this.#packets.programMapTable?.video;
    const isAudio = pid === this.#packets.programMapTable?.audio;
    if (!isVideo && !isAudio) return;
    this.#found.hasVideo ||= isVideo;
    if (this.#continuity.check(packet, pid) === 'next') return;
    this.#found.damaged ||= !startsUnit(packet);
    this.#found.videoGap ||= isVideo;
    this.#found.audioGap ||= isAudio;
  }

  #onPes({ type, data, packetLength = OPEN_LENGTH, pts, dts }: MuxPes): void {
    if (type !== 'video' && type !== 'audio') return;
    const open = packetLength === OPEN_LENGTH;
    const isShort = packetLength <= data.byteOffset || data.byteOffset + data.byteLength < packetLength;
    const missing = data.byteLength === 0 || (!open && isShort);
    if ((missing || !isMarked(data)) && type === 'video') this.#found.damaged = true;
    else if (missing || !isMarked(data)) this.#found.audioGap = true;
    else {
      const payload = open ? data : data.subarray(0, packetLength - data.byteOffset);
      this.#found[type].push({ data: payload, ...stampsWithin(data, pts, dts) });
    }
  }
}

/** What mux.js leaves unchecked (ISO 13818-1 2.4.3.6): '10' before the flags, and that the header has room for its time stamps. */
const headOf = (data: Uint8Array): Uint8Array => new Uint8Array(data.buffer, 0, 9);
const isMarked = (data: Uint8Array): boolean => (headOf(data)[6]! & 0xc0) === 0x80;
function stampsWithin(data: Uint8Array, pts: number | undefined, dts: number | undefined) {
  const [flags, length] = [headOf(data)[7]! >> 6, headOf(data)[8]!];
  const inside = flags & 2 && length >= 5 ? pts : undefined;
  return { pts: inside, dts: flags === 3 && length >= 10 ? dts : inside };
}

const nothingFound = (): Findings => ({
  video: [],
  audio: [],
  videoGap: false,
  audioGap: false,
  hasVideo: false,
  damaged: false,
});
