import { concatenated } from '../bytes.js';
import { PACKET_BYTES, SYNC_BYTE } from './packet.js';
import { pesHeader } from './pes.js';
import { type ElementaryStream, TableWriter } from './tables.js';

const PMT_PID = 0x1000;
const PROGRAMME = 1;
const HEAD_BYTES = 4;
const ROOM = PACKET_BYTES - HEAD_BYTES;
/** An adaptation field with nothing but a clock reference: its length, its flags, and 48 bits. */
const CLOCK_BYTES = 8;
const FLAG_RANDOM_ACCESS = 0x40;
const FLAG_CLOCK = 0x10;
const NO_BYTES = new Uint8Array(0);

/** A track as the PMT announces it, and the stream_id of its PES packets (ISO 13818-1 table 2-22). */
export interface WrittenTrack extends ElementaryStream {
  readonly streamId: number;
}

/** One access unit, or one frame of sound. */
export interface WrittenUnit {
  readonly payload: Uint8Array;
  /** 90 kHz, of any size: the 33 bits that MPEG-TS has are taken from it. */
  readonly pts: number;
  readonly dts: number;
  /** A decoder can start here. */
  readonly isKey: boolean;
}

/**
 * Writes the MPEG-TS of one programme (ISO 13818-1): each unit is one PES packet, in packets of its own, so that it can
 * leave at once. Readers see its end by its length; where it is too long to tell that (65,535 bytes), by the stuffing in
 * its last packet and nowhere else.
 */
export class TransportWriter {
  readonly #tables = new TableWriter();
  readonly #counters = new Map<number, number>();
  /** PIDs of which something is missing before the next unit. */
  readonly #lost = new Set<number>();
  #clockPid: number | undefined;

  /** PAT and PMT; the first of these tracks carries the clock. */
  announce(tracks: readonly WrittenTrack[]): Uint8Array {
    const [clock] = tracks;
    if (!clock) throw new TypeError('a programme needs a track');
    this.#clockPid = clock.pid;
    const programme = { number: PROGRAMME, pcrPid: clock.pid, descriptors: NO_BYTES, streams: tracks };
    return this.#tables.write(programme, PMT_PID);
  }

  /** The packets of this unit. */
  unit({ pid, streamId }: WrittenTrack, { payload, pts, dts, isKey }: WrittenUnit): Uint8Array {
    const clock = pid === this.#clockPid ? dts : undefined;
    const facts = { pts, dts, payloadBytes: payload.byteLength };
    const plain = pesHeader(streamId, facts);
    const isFull = roomLeft(plain.byteLength + payload.byteLength, clock !== undefined) === 0;
    const header = isFull ? pesHeader(streamId, { ...facts, stuffing: 1 }) : plain;
    return this.#packets(pid, concatenated([header, payload]), clock, isKey);
  }

  /**
   * A unit of this track is missing: the next one follows a gap of the counter, so that readers know. However many are
   * missing, the gap is one packet, because sixteen would not show in four bits.
   */
  lose({ pid }: WrittenTrack): void {
    this.#lost.add(pid);
  }

  #packets(pid: number, pes: Uint8Array, clock: number | undefined, isKey: boolean): Uint8Array {
    const first = clock === undefined ? 0 : CLOCK_BYTES;
    const out = new Uint8Array(Math.ceil((first + pes.byteLength) / ROOM) * PACKET_BYTES).fill(0xff);
    if (this.#lost.delete(pid)) this.#counters.set(pid, (this.#next(pid) + 1) & 0x0f);
    let at = 0;
    for (let start = 0; start < out.byteLength; start += PACKET_BYTES) {
      const least = start === 0 ? first : 0;
      const size = Math.min(ROOM - least, pes.byteLength - at);
      const adaptation = ROOM - size;
      const counter = this.#next(pid);
      this.#counters.set(pid, (counter + 1) & 0x0f);
      const head = [SYNC_BYTE, (start === 0 ? 0x40 : 0) | (pid >> 8), pid & 0xff];
      out.set([...head, (adaptation > 0 ? 0x30 : 0x10) | counter], start);
      if (adaptation > 0) out[start + HEAD_BYTES] = adaptation - 1;
      if (adaptation > 1) out[start + HEAD_BYTES + 1] = 0;
      if (start === 0 && clock !== undefined) {
        out[start + HEAD_BYTES + 1] = FLAG_CLOCK | (isKey ? FLAG_RANDOM_ACCESS : 0);
        out.set(clockReference(clock), start + HEAD_BYTES + 2);
      }
      out.set(pes.subarray(at, at + size), start + PACKET_BYTES - size);
      at += size;
    }
    return out;
  }

  #next(pid: number): number {
    return this.#counters.get(pid) ?? 0;
  }
}

/** Bytes of stuffing that the last packet needs. */
function roomLeft(pesBytes: number, hasClock: boolean): number {
  const used = (pesBytes + (hasClock ? CLOCK_BYTES : 0)) % ROOM;
  return used === 0 ? 0 : ROOM - used;
}

/** program_clock_reference (2.4.3.5): 33 bits at 90 kHz, 6 reserved, 9 bits at 27 MHz, which are 0. */
function clockReference(ticks: number): number[] {
  const high = Math.floor(ticks / 2) >>> 0;
  const low = ticks & 1;
  return [high >>> 24, (high >>> 16) & 0xff, (high >>> 8) & 0xff, high & 0xff, (low << 7) | 0x7e, 0];
}
