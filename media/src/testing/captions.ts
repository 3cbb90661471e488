import { accessUnit, hex } from './h264-units.js';
import { id3Tag, id3Track } from './id3.js';
import { Packetizer } from './packetizer.js';
import { picturesOf, RATE } from './pictures.js';
import { join } from './transport-stream.js';

/** Pairs of CEA-608 bytes with odd parity, as SCC files write them: "9420 94ae c845". */
export const scc = (text: string): Uint8Array[] =>
  text.split(' ').map((pair) => hex(`${pair.slice(0, 2)} ${pair.slice(2)}`));

/** RCL, ENM, row 15, the text, EOC (all control codes twice): shown with the last pair. */
export const POP_ON_HELLO = scc('9420 9420 94ae 94ae 9470 9470 c845 4c4c 4f80 942f 942f');
/** EDM twice: the screen is empty from the first on. */
export const ERASE = scc('942c 942c');
const PADDING = hex('80 80');

/**
 * The supplemental enhancement information of one picture, which holds a pair of field 1 (ATSC A/53-4 6.2.3), or other
 * triplets of cc_data.
 */
export function captionSei(pair = PADDING, codec: 'h264' | 'hevc' = 'h264'): Uint8Array {
  return sei([[0xfc, ...pair]], codec);
}

/** @param triplets each with its marker, validity and type, and two bytes */
export function sei(triplets: readonly (readonly number[])[], codec: 'h264' | 'hevc' = 'h264'): Uint8Array {
  const data = [0xc0 | triplets.length, 0xff, ...triplets.flat(), 0xff];
  const payload = [0xb5, 0, 0x31, ...hex('47 41 39 34'), 3, ...data];
  const header = codec === 'h264' ? [6] : [0x4e, 1];
  return Uint8Array.from([...header, ...protectedBytes([4, payload.length, ...payload, 0x80])]);
}

/** With emulation prevention (H.264 7.4.1). */
function protectedBytes(bytes: readonly number[]): number[] {
  const out: number[] = [];
  for (const byte of bytes) {
    if (byte <= 3 && out.at(-1) === 0 && out.at(-2) === 0) out.push(3);
    out.push(byte);
  }
  return out;
}

/**
 * A film of this many seconds that repeats: black, and white for the middle third, where it is captioned HELLO. With each
 * change comes an ID3 tag, titled `white` or `black`.
 */
export function captionedFilm(seconds: number): Uint8Array {
  const [white, black] = [(seconds * RATE) / 3, (seconds * RATE * 2) / 3];
  const pairs = new Map(POP_ON_HELLO.map((pair, i) => [white - POP_ON_HELLO.length + 2 + i, pair]));
  for (const [i, pair] of ERASE.entries()) pairs.set(black + i, pair);
  const ts = new Packetizer();
  const packets = picturesOf(flashing(seconds), seconds).flatMap((nals, i) => {
    const pts = 90_000 + (i * 90_000) / RATE;
    const slice = nals.findIndex((nal) => [1, 5].includes(nal[0]! & 0x1f));
    const unit = accessUnit(...nals.slice(0, slice), captionSei(pairs.get(i)), ...nals.slice(slice));
    const title = i === white ? 'white' : i === black ? 'black' : undefined;
    return [
      ...(i % RATE === 0 ? [ts.tables({ audio: false, more: [id3Track(ID3_PID)] })] : []),
      ...(title ? ts.pes(ID3_PID, 0xbd, { pts }, id3Tag('title', title)) : []),
      ...ts.video({ pts }, unit),
    ];
  });
  return join(packets);
}

const ID3_PID = 0x102;

/** Black, and white for the middle third. */
const flashing = (seconds: number): string =>
  `color=black:s=160x90:r=${RATE},drawbox=t=fill:c=white:enable='between(t,${seconds / 3 - 0.01},${(seconds * 2) / 3 - 0.02})'`;
