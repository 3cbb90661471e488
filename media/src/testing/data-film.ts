import { sectionPackets } from '../mpegts/sections.js';
import { accessUnit } from './h264-units.js';
import { id3Tag, id3Track } from './id3.js';
import { Packetizer } from './packetizer.js';
import { picturesOf, RATE } from './pictures.js';
import { join } from './transport-stream.js';

const ID3_PID = 0x102;
const KLV_PID = 0x103;
const CUE_PID = 0x104;
const TELEMETRY_PID = 0x105;

const letters = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const registration = (identifier: string): Uint8Array => Uint8Array.from([0x05, 4, ...letters(identifier)]);

const TRACKS = [
  id3Track(ID3_PID),
  { pid: KLV_PID, type: 0x06, descriptors: registration('KLVA') },
  { pid: CUE_PID, type: 0x86, descriptors: new Uint8Array(0) },
  // Somebody's own, which no reader knows.
  { pid: TELEMETRY_PID, type: 0x06, descriptors: registration('XXXX') },
];

/** A local set of SMPTE ST 336 with one item: its key, the length, a tag, and the second in which it comes. */
export const klvPacket = (second: number): Uint8Array =>
  Uint8Array.from([...[6, 0x0e, 0x2b, 0x34, 2, 0x0b, 1, 1, 0x0e, 1, 3, 1, 1, 0, 0, 0], 3, 2, 1, second]);

/** splice_null() of ANSI/SCTE 35 9.7.1. */
const CUE = [0xfc, 0x30, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xf0, 0, 0, 0, 0];

/** A film of real pictures with something in each of its data tracks each second: ID3, KLV, a cue, and unknown data. */
export function filmWithData(seconds: number): Uint8Array {
  const ts = new Packetizer();
  const packets = picturesOf(`testsrc2=s=160x90:r=${RATE}`, seconds).flatMap((nals, i) => {
    const pts = 90_000 + (i * 90_000) / RATE;
    const second = i / RATE;
    const data = Number.isInteger(second)
      ? [
          // A cue's registration is that of the whole programme (ANSI/SCTE 35 8.1).
          ts.tables({ audio: false, more: TRACKS, descriptors: registration('CUEI') }),
          ...ts.pes(ID3_PID, 0xbd, { pts }, id3Tag('second', String(second))),
          ...ts.pes(KLV_PID, 0xbd, { pts }, klvPacket(second)),
          sectionPackets(CUE_PID, second & 15, CUE),
          ...ts.pes(TELEMETRY_PID, 0xbd, { pts }, Uint8Array.of(1, 2, 3)),
        ]
      : [];
    return [...data, ...ts.video({ pts }, accessUnit(...nals))];
  });
  return join(packets);
}
