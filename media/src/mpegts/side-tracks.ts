import type { AudioTrack as AudioEntry, DataTrack as DataEntry } from '@topicast/contracts/catalog';
import type { Ticks90k } from '@topicast/contracts/units';
import { sameBytes } from '../bytes.js';
import { AudioTrack } from './audio-track.js';
import { DataTrack } from './data-track.js';
import type { Timeline } from './timeline.js';
import type { AudioPid, DataPid, ProgrammeTrack } from './tracks.js';

/** The data that leaves with the next chunk, besides the picture. */
export interface SidePackets {
  readonly packets: readonly Uint8Array[];
  /** Position in the stream of the first packet. */
  readonly start: number;
  /** When the first waiting sound begins. */
  readonly from: Ticks90k | undefined;
}

type Side =
  | { readonly kind: 'audio'; readonly entry: AudioPid; readonly track: AudioTrack }
  | { readonly kind: 'data'; readonly entry: DataPid; readonly track: DataTrack };

/** The audio and data tracks of a programme: their packets wait here for the next picture. */
export class SideTracks {
  readonly #timeline: Timeline;
  #sides = new Map<number, Side>();
  #droppedBefore = 0;
  /** The audio track whose clock decides when sound leaves without a picture: the first one with sound. */
  #lead: AudioTrack | undefined;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** PES packets and sections that will never leave. */
  get dropped(): number {
    let dropped = this.#droppedBefore;
    for (const { track } of this.#sides.values()) dropped += track.dropped;
    return dropped;
  }

  /** A track that continues under its PID keeps its waiting packets. */
  use(tracks: readonly ProgrammeTrack[]): void {
    const before = this.#sides;
    this.#sides = new Map();
    for (const entry of tracks) {
      if (entry.kind === 'video') continue;
      const known = before.get(entry.pid);
      const goesOn = known?.kind === entry.kind && sameStream(known.entry, entry);
      if (goesOn) before.delete(entry.pid);
      this.#sides.set(entry.pid, goesOn ? known : this.#begin(entry));
    }
    for (const { track } of before.values()) {
      track.lose();
      this.#droppedBefore += track.dropped + (track.take()?.packets.length ?? 0);
      if (this.#lead === track) this.#lead = undefined;
    }
  }

  has(pid: number): boolean {
    return this.#sides.has(pid);
  }

  push(packet: Uint8Array, pid: number, position: number): void {
    const side = this.#sides.get(pid);
    side?.track.push(packet, position);
    if (side?.kind === 'audio' && side.track.pending) this.#lead ??= side.track;
  }

  /** A packet of this track is missing. */
  lose(pid: number): void {
    this.#sides.get(pid)?.track.lose();
  }

  /** The stream is over: everything complete may leave. */
  finish(): void {
    for (const side of this.#sides.values()) {
      side.track.finish();
      if (side.kind === 'audio' && side.track.pending) this.#lead ??= side.track;
    }
  }

  /**
   * How long the waiting sound lasts, from beginning to beginning, so that two AAC frames (43 ms) do not overtake the
   * pictures of a 24 or 25 Hz stream.
   */
  get waited(): number {
    const pending = this.#lead?.pending;
    return pending ? pending.last - pending.from || pending.to - pending.from : 0;
  }

  take(): SidePackets | undefined {
    const from = this.#lead?.pending?.from;
    const packets: Uint8Array[] = [];
    let start = Number.POSITIVE_INFINITY;
    for (const { track } of this.#sides.values()) {
      const taken = track.take();
      if (!taken) continue;
      packets.push(...taken.packets);
      start = Math.min(start, taken.start);
    }
    return packets.length > 0 ? { packets, start, from } : undefined;
  }

  /** Their descriptions, for the catalog. */
  describe(): (AudioEntry | DataEntry)[] {
    return [...this.#sides.values()].map((side) => {
      const { pid, language } = side.entry;
      const known = { pid, ...(language && { language }) };
      return side.kind === 'audio'
        ? { kind: 'audio', ...known, ...side.track.format }
        : { kind: 'data', ...known, format: side.entry.format };
    });
  }

  #begin(entry: AudioPid | DataPid): Side {
    return entry.kind === 'audio'
      ? { kind: 'audio', entry, track: new AudioTrack(this.#timeline, entry.codec, entry.stream) }
      : { kind: 'data', entry, track: new DataTrack(entry.inSections) };
  }
}

const sameStream = ({ stream: a }: AudioPid | DataPid, { stream: b }: AudioPid | DataPid): boolean =>
  a.type === b.type && sameBytes(a.descriptors, b.descriptors);
