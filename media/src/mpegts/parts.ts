import { PACKET_BYTES, pidOf } from './packet.js';
import { type CarriedProgramme, ProgrammeReader } from './programme-reader.js';

/** The PIDs of a programme's tracks. */
export interface TrackPids {
  readonly pictures: ReadonlySet<number>;
  readonly others: ReadonlySet<number>;
}

/** @param chunk a keyframe chunk, which begins with the tables. @returns undefined if it has none */
export function trackPidsOf(chunk: Uint8Array): TrackPids | undefined {
  const tracks = programmeIn(chunk)?.tracks;
  const pidsOf = (isPicture: boolean) =>
    new Set(tracks?.filter(({ kind }) => (kind === 'video') === isPicture).map(({ pid }) => pid));
  return tracks && { pictures: pidsOf(true), others: pidsOf(false) };
}

/** What the tables at the beginning of these packets say; undefined if there are none. */
export function programmeIn(chunk: Uint8Array): CarriedProgramme | undefined {
  const reader = new ProgrammeReader();
  for (const packet of packetsOf(chunk)) {
    const pid = pidOf(packet);
    if (reader.isTable(pid)) reader.push(packet, pid);
    if (reader.current) break;
  }
  return reader.current;
}

/** Writes the packets of a chunk that have none of these PIDs. @returns where they end in `into` */
export function copyWithout(
  chunk: Uint8Array,
  pids: ReadonlySet<number>,
  into: Uint8Array,
  at: number,
): number {
  let end = at;
  for (const packet of packetsOf(chunk)) {
    if (pids.has(pidOf(packet))) continue;
    into.set(packet, end);
    end += packet.byteLength;
  }
  return end;
}

/** The bytes of those packets. */
export function bytesWithout(chunk: Uint8Array, pids: ReadonlySet<number>): number {
  let bytes = 0;
  for (const packet of packetsOf(chunk)) if (!pids.has(pidOf(packet))) bytes += packet.byteLength;
  return bytes;
}

export function* packetsOf(chunk: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at + PACKET_BYTES <= chunk.byteLength; at += PACKET_BYTES) {
    yield chunk.subarray(at, at + PACKET_BYTES);
  }
}
