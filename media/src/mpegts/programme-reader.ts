import { sameBytes } from '../bytes.js';
import { SectionAssembler } from './sections.js';
import { PAT_PID, type Programme, parsePat, parsePmt } from './tables.js';
import { type ProgrammeTrack, tracksOf } from './tracks.js';

/** The programme that we carry, and its tracks: the first programme with video or audio. */
export interface CarriedProgramme {
  readonly programme: Programme;
  readonly pmtPid: number;
  readonly tracks: readonly ProgrammeTrack[];
}

/** Reads PAT and PMT, whose packets must be in order. This is the only place that does. */
export class ProgrammeReader {
  readonly #pat = new SectionAssembler();
  readonly #pmts = new Map<number, SectionAssembler>();
  #section: Uint8Array | undefined;
  #carried: CarriedProgramme | undefined;

  /** A new object whenever it changes. */
  get current(): CarriedProgramme | undefined {
    return this.#carried;
  }

  isTable(pid: number): boolean {
    return pid === PAT_PID || this.#pmts.has(pid);
  }

  push(packet: Uint8Array, pid: number): void {
    if (pid === PAT_PID) this.#onPat(packet);
    else this.#onPmt(packet, pid);
  }

  #onPat(packet: Uint8Array): void {
    const section = this.#pat.push(packet);
    const pids = section && parsePat(section);
    if (!pids) return;
    for (const pid of pids) if (!this.#pmts.has(pid)) this.#pmts.set(pid, new SectionAssembler());
    for (const pid of this.#pmts.keys()) if (!pids.includes(pid)) this.#pmts.delete(pid);
    if (this.#carried && !pids.includes(this.#carried.pmtPid)) this.#carried = undefined;
  }

  #onPmt(packet: Uint8Array, pmtPid: number): void {
    const section = this.#pmts.get(pmtPid)?.push(packet);
    if (!section || (this.#carried && this.#carried.pmtPid !== pmtPid)) return;
    if (this.#carried && this.#section && sameBytes(this.#section, section)) return;
    const programme = parsePmt(section);
    if (!programme) return;
    const tracks = tracksOf(programme);
    if (tracks.every(({ kind }) => kind === 'data')) return;
    this.#section = section;
    this.#carried = { programme, pmtPid, tracks };
  }
}
