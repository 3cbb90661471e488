import { type Seconds, seconds } from '@topicast/contracts/units';

/** What ffmpeg's filters have found, in the order in which they say it. */
export type Fact =
  /** It began so long before the moment at which the filter was sure. */
  | { readonly kind: 'began'; readonly what: Trouble; readonly ago: Seconds }
  | { readonly kind: 'ended'; readonly what: Trouble }
  /** Of the last three seconds of sound, LUFS. */
  | { readonly kind: 'loudness'; readonly lufs: number; readonly at: Seconds };

export type Trouble = 'black' | 'frozen' | 'silent';

const BEGAN: Readonly<Record<string, Trouble>> = {
  'lavfi.black_start': 'black',
  'lavfi.freezedetect.freeze_start': 'frozen',
  'lavfi.silence_start': 'silent',
};
const ENDED: Readonly<Record<string, Trouble>> = {
  'lavfi.black_end': 'black',
  'lavfi.freezedetect.freeze_end': 'frozen',
  'lavfi.silence_end': 'silent',
};
const LOUDNESS = 'lavfi.r128.S';
const FRAME = 'frame:';
const TIME = 'pts_time:';

/**
 * Reads what `metadata=print` writes: a line for each frame that has something to tell, with its time, and a line
 * `key=value` for each of its values. Lines that it does not know say nothing.
 */
export class FilterWords {
  #time: number | undefined;

  /** What a line adds to what is known. */
  read(line: string): Fact | undefined {
    if (line.startsWith(FRAME)) {
      const at = line.indexOf(TIME);
      this.#time = at < 0 ? undefined : numberIn(line.slice(at + TIME.length));
      return undefined;
    }
    const equals = line.indexOf('=');
    if (equals < 0) return undefined;
    return this.#readValue(line.slice(0, equals), numberIn(line.slice(equals + 1)));
  }

  #readValue(key: string, value: number | undefined): Fact | undefined {
    const ended = ENDED[key];
    if (ended) return { kind: 'ended', what: ended };
    if (value === undefined) return undefined;
    const began = BEGAN[key];
    if (began) {
      const ago = Math.max(0, (this.#time ?? value) - value);
      return { kind: 'began', what: began, ago: seconds(ago) };
    }
    if (key !== LOUDNESS || this.#time === undefined) return undefined;
    return { kind: 'loudness', lufs: value, at: seconds(this.#time) };
  }
}

/** Undefined for `nan`, `-inf` and words. */
function numberIn(text: string): number | undefined {
  const value = Number(text.trim() || Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}
