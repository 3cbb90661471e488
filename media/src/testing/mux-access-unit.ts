/// <reference path="./mux.d.ts" />
import h264 from 'mux.js/lib/codecs/h264.js';
import { sameBytes } from '../bytes.js';
import type { Pes } from './mux-demuxer.js';

/** One H.264 access unit as mux.js cuts it; parameter sets and delimiters are separate. */
interface MuxAccessUnit {
  readonly nals: readonly Uint8Array[];
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  readonly sampleAspectRatio: readonly [number, number];
}

const NAL_FIRST_SLICE = 1;
const NAL_IDR = 5;
const NAL_SPS = 7;
const NAL_PPS = 8;
const NAL_DELIMITER = 9;

/**
 * The oracle of the differential tests. One PES packet is one access unit, whether or not it begins with a delimiter: mux.js's segment streams would drop all
 * NAL units up to the first one. H264Stream holds the last NAL unit until it is flushed, so each unit is flushed.
 */
export class MuxAccessUnitReader {
  readonly #stream = new h264.H264Stream();
  #nals: Uint8Array[] = [];
  #sps: Uint8Array[] = [];
  #pps: Uint8Array[] = [];
  #sampleAspectRatio: readonly [number, number] = [1, 1];
  #hasPicture = false;

  constructor() {
    this.#stream.on('data', ({ nalUnitTypeCode: type, data, config }) => {
      const nal = withoutTrailingZeros(data);
      if (nal.byteLength === 0 || type === NAL_DELIMITER) return;
      if (type === NAL_SPS) {
        addNew(this.#sps, nal);
        if (config && config.sarRatio[0] > 0 && config.sarRatio[1] > 0)
          this.#sampleAspectRatio = config.sarRatio;
      } else if (type === NAL_PPS) addNew(this.#pps, nal);
      else this.#nals.push(nal);
      this.#hasPicture ||= type >= NAL_FIRST_SLICE && type <= NAL_IDR;
    });
  }

  /** Undefined if this is not a decodable access unit. */
  read({ data, pts, dts }: Pes): MuxAccessUnit | undefined {
    if (pts === undefined || dts === undefined || !beginsWithStartCode(data)) return undefined;
    [this.#nals, this.#sps, this.#pps, this.#hasPicture] = [[], [], [], false];
    this.#sampleAspectRatio = [1, 1];
    try {
      this.#stream.push({ type: 'video', trackId: 0, pts, dts, data });
      this.#stream.flush();
    } catch {
      // ExpGolomb of mux.js threw: a sequence parameter set ended too early.
      this.#stream.reset();
      return undefined;
    }
    if (!this.#hasPicture) return undefined;
    return {
      ...{ nals: this.#nals, sps: this.#sps, pps: this.#pps },
      sampleAspectRatio: this.#sampleAspectRatio,
    };
  }
}

/** Some streams repeat a parameter set within a unit; in `avcC` it stands once. */
function addNew(sets: Uint8Array[], set: Uint8Array): void {
  if (!sets.some((known) => sameBytes(known, set))) sets.push(set);
}

/** Annex B: any number of zeros, at least two, then a one. */
function beginsWithStartCode(bytes: Uint8Array): boolean {
  let zeros = 0;
  while (bytes[zeros] === 0) zeros++;
  return zeros >= 2 && bytes[zeros] === 1;
}

/** `trailing_zero_8bits` belong to the byte stream, not to the NAL unit; mux.js keeps those of the last one. */
function withoutTrailingZeros(nal: Uint8Array): Uint8Array {
  let end = nal.byteLength;
  while (end > 0 && nal[end - 1] === 0) end--;
  return end === nal.byteLength ? nal : nal.subarray(0, end);
}
