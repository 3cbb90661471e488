import type { Track } from '@topicast/contracts/catalog';
import { concatenated } from '../bytes.js';
import type { Chunk } from './chunk.js';
import { hasPayload, PACKET_BYTES, payloadStart, pidOf, SYNC_BYTE, startsUnit } from './packet.js';
import { parsePesHeader } from './pes.js';

/** A silent frame, as it lies in a PES packet. */
interface Silence {
  readonly bytes: Uint8Array;
  /** How long it lasts, at 90 kHz. */
  readonly ticks: number;
}

/** ADTS, AAC-LC, 48 kHz, stereo: as ffmpeg's encoder writes it. */
const AAC_SILENCE: Silence = {
  bytes: Uint8Array.of(0xff, 0xf1, 0x4c, 0x80, 0x01, 0xbf, 0xfc, 0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c),
  ticks: (1_024 * 90_000) / 48_000,
};
/** The control header, and a frame of 20 ms. */
const OPUS_SILENCE: Silence = {
  bytes: Uint8Array.of(0x7f, 0xe0, 0x03, 0xfc, 0xff, 0xfe),
  ticks: 1_800,
};

/** Sound may come this much later than it usually does. */
const PATIENCE_TICKS = 300 * 90;
const MOST_USUAL_TICKS = 2 * 90_000;
/** How late sound usually comes is forgotten at this rate: as a part of the time that passes. */
const FORGET = 0.1;
/** Encoders round their time stamps. */
const SAME_TICKS = 5 * 90;
/** Silence of a jump of the clock is not filled. */
const MOST_TICKS = 20 * 90_000;
const LONGEST_UNIT_TICKS = 18_000;
const PTS_RANGE = 2 ** 33;
const STREAM_ID_SOUND = 0xc0;

/** A PES packet of the sound. */
interface Unit {
  readonly pts: number | undefined;
  readonly packets: Uint8Array[];
}

/**
 * Puts silence where an encoder's sound is missing: its source has paused it, or it has ended before the picture. Without
 * it, whoever plays both tracks together waits for the sound. What is there passes unchanged; sound that comes when
 * silence has taken its place is left out.
 */
export class SoundFill {
  /** The continuity counter of the last packet of sound; undefined until something was put in or left out. */
  #continuity: number | undefined;
  /** The same, as the encoder wrote it. */
  #written = 0x0f;
  /** Where the sound began. */
  #start: number | undefined;
  /** Where the sound ends. */
  #end: number | undefined;
  /** How far the sound is behind the picture as a rule, at 90 kHz. */
  #usual = 0;
  /** Of what has come since the last picture, how late the last unit was. */
  #late: number | undefined;
  /** Of the last unit: its time, and how long it lasts, judged by the one before it. */
  #from: number | undefined;
  #step = 0;
  /** Chunks that were left out since the last keyframe. */
  #leftOut = 0;
  /** The last picture. */
  #at: number | undefined;
  #isFilling = false;

  /** PES packets of sound that came when silence had taken their place. */
  dropped = 0;

  /** Where the sound began, and where it ends, on the time line of the chunks, with silence of ours. */
  get span(): { readonly from: number; readonly to: number } | undefined {
    return this.#start === undefined ? undefined : { from: this.#start, to: this.#end ?? this.#start };
  }

  /** The last pictures went with silence of ours. */
  get isFilling(): boolean {
    return this.#isFilling;
  }

  /**
   * @param tracks of the chunk; nothing is done for sound of a format that an encoder of ours does not write
   * @returns undefined if there was only sound in it, and silence has taken its place
   */
  push(chunk: Chunk, tracks: readonly Track[]): Chunk | undefined {
    const track = tracks.find(({ kind }) => kind === 'audio');
    if (track?.kind !== 'audio') return chunk;
    const silence = silenceFor(track);
    if (chunk.discontinuity || !silence) this.#end = this.#from = undefined;
    if (!silence) return chunk;
    const { pid } = track;
    if (pid === undefined) return chunk;
    const { others, units } = partsOf(chunk.data, pid);
    const kept = units.filter((unit) => this.#take(unit, chunk));
    this.dropped += units.length - kept.length;
    if (chunk.keyframe) this.#leftOut = 0;
    if (others.length === 0 && kept.length === 0 && units.length > 0) {
      this.#leftOut += 1;
      this.#continuity ??= this.#before(units);
      return undefined;
    }
    const added = chunk.audioOnly ? [] : this.#fill(chunk, pid, silence);
    if (added.length === 0 && kept.length === units.length && this.#continuity === undefined) return chunk;
    this.#continuity ??= this.#before(units);
    const sound = [...kept.flatMap(({ packets }) => packets), ...added].map((packet) =>
      this.#counted(packet),
    );
    // A chunk without a picture begins with its sound.
    const [begin] = chunk.audioOnly && kept.length < units.length ? kept : [];
    const decodeTime = begin?.pts === undefined ? chunk.decodeTime : unwrapped(begin.pts, chunk.decodeTime);
    return {
      ...chunk,
      decodeTime: decodeTime as Chunk['decodeTime'],
      sinceKeyframe: chunk.sinceKeyframe - this.#leftOut,
      data: concatenated([...others, ...sound]),
    };
  }

  /** @returns false: silence is already where it should be */
  #take({ pts, packets }: Unit, { decodeTime, audioOnly }: Chunk): boolean {
    this.#written = packets.at(-1)![3]! & 0x0f;
    if (pts === undefined) return true;
    const from = unwrapped(pts, decodeTime);
    this.#start ??= from;
    const step = from - (this.#from ?? from);
    if (step > 0 && step <= LONGEST_UNIT_TICKS) this.#step = step;
    this.#from = from;
    const to = from + this.#step;
    // Sound that leaves by itself is told by the picture before it.
    const picture = audioOnly ? (this.#at ?? decodeTime) : decodeTime;
    this.#late = Math.min(picture - to, MOST_USUAL_TICKS);
    if (this.#end !== undefined && from < this.#end - SAME_TICKS) return false;
    this.#end = to;
    this.#isFilling = false;
    return true;
  }

  #fill({ decodeTime }: Chunk, pid: number, { bytes, ticks }: Silence): Uint8Array[] {
    const passed = Math.max(0, decodeTime - (this.#at ?? decodeTime));
    this.#at = decodeTime;
    this.#usual = Math.max(0, this.#late ?? 0, this.#usual - passed * FORGET);
    this.#late = undefined;
    this.#end ??= decodeTime - this.#usual;
    this.#start ??= this.#end;
    const missing = decodeTime - this.#usual - this.#end;
    if (missing > MOST_TICKS) this.#end = decodeTime;
    if (missing < (this.#isFilling ? 0 : PATIENCE_TICKS) || missing > MOST_TICKS) return [];
    this.#isFilling = true;
    const packets: Uint8Array[] = [];
    for (; this.#end + ticks <= decodeTime - this.#usual; this.#end += ticks) {
      packets.push(silentPacket(pid, this.#end, bytes));
    }
    return packets;
  }

  /** What the counter was before this chunk. */
  #before(units: readonly Unit[]): number {
    const packets = units.flatMap((unit) => unit.packets);
    return (this.#written - packets.length) & 0x0f;
  }

  /** A copy that follows the last one. */
  #counted(packet: Uint8Array): Uint8Array {
    this.#continuity = (this.#continuity! + 1) & 0x0f;
    const copy = packet.slice();
    copy[3] = (copy[3]! & 0xf0) | this.#continuity;
    return copy;
  }
}

function silenceFor({ codec, sampleRate, channels }: Extract<Track, { kind: 'audio' }>): Silence | undefined {
  if (codec === 'opus') return OPUS_SILENCE;
  const isOwn = codec === 'mp4a.40.2' && sampleRate === 48_000 && channels === 2;
  return isOwn ? AAC_SILENCE : undefined;
}

function partsOf(
  chunk: Uint8Array,
  pid: number,
): { readonly others: readonly Uint8Array[]; readonly units: readonly Unit[] } {
  const others: Uint8Array[] = [];
  const units: Unit[] = [];
  for (let at = 0; at + PACKET_BYTES <= chunk.byteLength; at += PACKET_BYTES) {
    const packet = chunk.subarray(at, at + PACKET_BYTES);
    if (pidOf(packet) !== pid) others.push(packet);
    else if (startsUnit(packet) || units.length === 0) units.push({ pts: ptsOf(packet), packets: [packet] });
    else units.at(-1)!.packets.push(packet);
  }
  return { others, units };
}

const ptsOf = (packet: Uint8Array): number | undefined =>
  hasPayload(packet) ? parsePesHeader(packet.subarray(payloadStart(packet)))?.pts : undefined;

/** The place of a time stamp of 33 bits that is nearest to this time. */
const unwrapped = (pts: number, near: number): number =>
  pts + Math.round((near - pts) / PTS_RANGE) * PTS_RANGE;

/** A PES packet in one transport packet (ISO 13818-1 2.4.3). */
function silentPacket(pid: number, time: number, frame: Uint8Array): Uint8Array {
  const pts = ((time % PTS_RANGE) + PTS_RANGE) % PTS_RANGE;
  const high = Math.floor(pts / 2 ** 30);
  const pes = [
    ...[0, 0, 1, STREAM_ID_SOUND, 0, frame.byteLength + 8, 0x80, 0x80, 5],
    ...[0x21 | (high << 1), (pts >>> 22) & 0xff, ((pts >>> 14) & 0xfe) | 1],
    ...[(pts >>> 7) & 0xff, ((pts << 1) & 0xfe) | 1, ...frame],
  ];
  const packet = new Uint8Array(PACKET_BYTES).fill(0xff);
  packet.set([SYNC_BYTE, 0x40 | (pid >> 8), pid & 0xff, 0x30]);
  const stuffing = PACKET_BYTES - 4 - pes.length;
  packet.set([stuffing - 1, 0], 4);
  packet.set(pes, PACKET_BYTES - pes.length);
  return packet;
}
