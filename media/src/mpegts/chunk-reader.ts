import { concatenated } from '../bytes.js';
import { ContinuityCheck } from './continuity.js';
import {
  hasPayload,
  hasTransportError,
  isScrambled,
  PACKET_BYTES,
  payloadStart,
  pidOf,
  SYNC_BYTE,
  startsUnit,
} from './packet.js';
import { parsePesHeader } from './pes.js';
import { type CarriedProgramme, ProgrammeReader } from './programme-reader.js';
import { MAX_PRIVATE_BYTES, SectionAssembler } from './sections.js';
import type { ProgrammeTrack } from './tracks.js';

/** The contents of a PES packet, or a section. Time stamps are as they were written: 33 bits, 90 kHz. */
export interface Unit {
  readonly data: Uint8Array;
  readonly pts: number | undefined;
  readonly dts: number | undefined;
}

/** The content of one track in a chunk. */
export interface TrackUnits<Track extends ProgrammeTrack = ProgrammeTrack> {
  readonly track: Track;
  readonly units: readonly Unit[];
  /** Data of the track is missing right before this chunk, or in it. */
  readonly gap: boolean;
}

/**
 * The PES packets and sections of a chunk, by track. A chunk contains only whole ones, so the last one ends where the
 * chunk ends, and nothing is kept from one chunk to the next except the tables and the continuity counters.
 */
export class ChunkReader {
  readonly #programmes = new ProgrammeReader();
  #continuity = new ContinuityCheck();
  #carried: CarriedProgramme | undefined;
  #collectors = new Map<number, Collector>();

  /** The tracks that the newest tables announce. */
  get tracks(): readonly ProgrammeTrack[] {
    return this.#carried?.tracks ?? NO_TRACKS;
  }

  /** Undefined if the chunk is damaged: bytes or packets of picture or sound are missing inside. */
  read(chunk: Uint8Array): readonly TrackUnits[] | undefined {
    let whole = true;
    for (let at = 0; whole && at < chunk.byteLength; at += PACKET_BYTES) {
      const packet = chunk.subarray(at, at + PACKET_BYTES);
      whole = packet.byteLength === PACKET_BYTES && packet[0] === SYNC_BYTE && !hasTransportError(packet);
      if (whole && hasPayload(packet) && !isScrambled(packet)) this.#take(packet);
    }
    const found = [...this.#collectors.values()].map((collector) => collector.end());
    return whole && found.every(isWhole) ? found : undefined;
  }

  /** The next chunk does not continue the previous one. */
  reset(): void {
    this.#continuity = new ContinuityCheck();
  }

  #take(packet: Uint8Array): void {
    const pid = pidOf(packet);
    if (this.#programmes.isTable(pid)) {
      this.#programmes.push(packet, pid);
      if (this.#programmes.current !== this.#carried) this.#use(this.#programmes.current);
      return;
    }
    const collector = this.#collectors.get(pid);
    if (!collector) return;
    // Chunks contain no repeated packets: what looks like one comes 16 packets, or 32, after the last.
    if (this.#continuity.check(packet, pid) !== 'next') collector.lose(startsUnit(packet));
    collector.push(packet);
  }

  #use(carried: CarriedProgramme | undefined): void {
    this.#carried = carried;
    this.#collectors = new Map(carried?.tracks.map((track) => [track.pid, new Collector(track)]));
  }
}

const NO_TRACKS: readonly ProgrammeTrack[] = [];

const isWhole = (units: TrackUnits | undefined): units is TrackUnits => units !== undefined;

/** Assembles the units of one track. */
class Collector {
  readonly #track: ProgrammeTrack;
  #units: Unit[] = [];
  #gap = false;
  #seen = false;
  #damaged = false;
  /** Payloads of the open PES packet. */
  #open: Uint8Array[] = [];
  readonly #sections: SectionAssembler | undefined;

  constructor(track: ProgrammeTrack) {
    this.#track = track;
    const inSections = track.kind === 'data' && track.inSections;
    this.#sections = inSections ? new SectionAssembler(MAX_PRIVATE_BYTES) : undefined;
  }

  /** Packets before the next one are missing. @param between whole units, not inside one */
  lose(between: boolean): void {
    this.#gap = true;
    if (between) return;
    this.#open = [];
    this.#sections?.lose();
    this.#damaged ||= this.#track.kind !== 'data';
  }

  push(packet: Uint8Array): void {
    this.#seen = true;
    if (this.#sections) {
      const section = this.#sections.push(packet);
      if (section) this.#units.push({ data: section, pts: undefined, dts: undefined });
      return;
    }
    if (startsUnit(packet)) this.#finish();
    this.#open.push(packet.subarray(payloadStart(packet)));
  }

  /** The chunk is over. Undefined if it is damaged, because a chunk without its picture is useless. */
  end(): TrackUnits | undefined {
    this.#finish();
    this.#sections?.lose();
    const [track, units, gap] = [this.#track, this.#units, this.#gap];
    const damaged = this.#damaged || (track.kind === 'video' && this.#seen && units.length === 0);
    this.#units = [];
    this.#gap = this.#seen = this.#damaged = false;
    return damaged ? undefined : { track, units, gap };
  }

  /** The open PES packet ends here. */
  #finish(): void {
    if (this.#open.length === 0) return;
    const pes = concatenated(this.#open);
    this.#open = [];
    const header = parsePesHeader(pes);
    const end = header?.length ?? pes.byteLength;
    if (header && end > header.payloadAt && end <= pes.byteLength) {
      const data = pes.subarray(header.payloadAt, end);
      this.#units.push({ data, pts: header.pts, dts: header.dts });
    } else {
      this.#gap = true;
      this.#damaged ||= this.#track.kind === 'video';
    }
  }
}
