/// <reference path="./mux.d.ts" />
import type { Ticks90k } from '@topicast/contracts/units';
import captions from 'mux.js/lib/m2ts/caption-stream.js';
import packets from 'mux.js/lib/tools/caption-packet-parser.js';
import type { TimedText } from './timed-text.js';

/** From `at` on, a channel shows this text. */
export interface CaptionChange {
  /** Its name in HLS (RFC 8216 4.3.4.1): CC1 to CC4, or SERVICE1 and so on. */
  readonly channel: string;
  readonly at: Ticks90k;
  /** Lines with WebVTT's tags for italics and underlining; empty if nothing is shown. */
  readonly text: string;
  /** The row of the first line: 0 to 14 from the top. Undefined for CEA-708. */
  readonly row: number | undefined;
}

/** No codec reorders more pictures than this (H.264 A.3.1, H.265 A.4.2). */
const MAX_REORDERED = 16;
/** More than any display holds. A stream that never ends a line or a packet must not fill the memory. */
const MAX_HELD = 8_192;
/** We do not check more often, because a look at the whole memory takes as long as reading. */
const PICTURES_A_CHECK = 64;
const FIRST_BYTE_H264 = 6;

type Decoder = InstanceType<typeof captions.CaptionStream>;
type Screen = Pick<CaptionChange, 'channel' | 'text' | 'row'>;

/**
 * Reads CEA-608 and CEA-708 captions. mux.js reports a caption when it ends, because only then its length is known. Here
 * the caption must be on the screen when it begins, so we look at the decoder's display after each picture. Never throws
 * on any input.
 */
export class CaptionReader {
  /** How often damaged captions broke the decoder, so that we made a new one. */
  damaged = 0;
  #decoder: Decoder = new captions.CaptionStream();
  #count = 0;
  readonly #waiting: TimedText[] = [];
  readonly #shown = new Map<string, string>();

  /** Takes captions in the order of decoding, and returns the changes in the order of presentation. */
  read(captions: TimedText): CaptionChange[] {
    this.#waiting.push(captions);
    this.#waiting.sort((a, b) => a.placement.presentation - b.placement.presentation);
    // No later picture is shown before this one is decoded.
    const { decode } = captions.placement;
    const isFirst = ({ placement }: TimedText) => placement.presentation <= decode;
    const changes: CaptionChange[] = [];
    while (this.#waiting[0] && (isFirst(this.#waiting[0]) || this.#waiting.length > MAX_REORDERED))
      changes.push(...this.#decode(this.#waiting.shift()!));
    return changes;
  }

  #decode({ data, placement }: TimedText): CaptionChange[] {
    const header = data[0] === FIRST_BYTE_H264 ? 1 : 2;
    const escapedRBSP = packets.discardEmulationPreventionBytes(data.subarray(header));
    const pts = placement.presentation;
    try {
      this.#decoder.push({ nalUnitType: 'sei_rbsp', escapedRBSP, pts, dts: this.#count++ });
      this.#decoder.flush();
    } catch {
      this.#restart();
    }
    if (this.#count % PICTURES_A_CHECK === 0 && held(this.#decoder) > MAX_HELD) this.#restart();
    return this.#screens().flatMap((screen) => this.#changeOf(screen, pts) ?? []);
  }

  #restart(): void {
    this.damaged++;
    this.#decoder = new captions.CaptionStream();
  }

  #screens(): Screen[] {
    const { ccStreams_, cc708Stream_ } = this.#decoder;
    const fields = ccStreams_.map(({ name_, displayed_ }) => {
      const lines = displayed_.map((row) => row?.text.trim() ?? '');
      const row = lines.findIndex(Boolean);
      return { channel: name_, text: lines.filter(Boolean).join('\n'), row };
    });
    const services = Object.entries(cc708Stream_.services).map(([number, { windows }]) => {
      const visible = windows.filter((window) => window.visible && !window.isEmpty());
      const text = visible.map((window) => window.getText().trim()).join('\n');
      return { channel: `SERVICE${number}`, text, row: undefined };
    });
    return [...fields, ...services];
  }

  #changeOf({ channel, text, row }: Screen, at: Ticks90k): CaptionChange | undefined {
    if (text === (this.#shown.get(channel) ?? '')) return undefined;
    this.#shown.set(channel, text);
    return { channel, at, text, row };
  }
}

/** The number of characters and bytes in the decoder's memory. */
function held({ ccStreams_, cc708Stream_ }: Decoder): number {
  const rows = ccStreams_.flatMap(({ displayed_, nonDisplayed_ }) => [...displayed_, ...nonDisplayed_]);
  const windows = Object.values(cc708Stream_.services).flatMap(({ windows }) => windows);
  const texts = [...rows.map((row) => row?.text ?? ''), ...windows.map((window) => window.getText())];
  return texts.reduce((sum, text) => sum + text.length, cc708Stream_.current708Packet?.data.length ?? 0);
}
