import type { PcmRing } from './pcm-ring.js';

/** Long enough to prevent a click, and too short to be heard as a fade. */
const FADE_S = 0.006;
/** The same where the sound in hand ends. */
const END_S = 0.003;
const SPLICE_S = 0.012;
/** A splice may miss its aim by this much, to continue where the waveform looks alike: half of a period at 80 Hz. */
const SEARCH_S = 0.006;
/** So much is repeated at a time where the sound comes late: two periods at 100 Hz. */
const REPEATED_S = 0.02;
/** One round of the audio thread, in instants of the output. */
const ROUND = 128;
/** A splice forward lands no further ahead of its aim, where there is least sound. */
const AHEAD_S = 0.002;
/** A cross-fade shorter than this is heard. */
const SHORTEST_SPLICE_S = 0.002;
/** Interpolation looks at two instants after the place, and the rate may grow by 0.5 % during a cross-fade. */
const MARGIN = 8;
/** The search takes steps of this many instants first, and compares every fourth one: enough for a pitch. */
const ROUGHLY = 8;
const SAMPLED = 4;

/** Reads a ring at any speed, fades where sound begins and ends, splices without a click, and makes sound last longer. */
export class Voice {
  /** Where it reads, in sampling instants of the ring. */
  place = 0;
  /** Whether it should be heard at all. */
  wanted = false;
  /** Whether the last moments are repeated when the sound in hand ends, instead of fading out. */
  patient = false;
  /** How often the sound ran out while it played. */
  underruns = 0;
  /** The number of instants of the output that were heard. */
  heard = 0;
  readonly #ring: PcmRing;
  readonly #fade: number;
  readonly #end: number;
  readonly #splice: number;
  #gain = 0;
  /** How many instants of the ring pass for one of the output. */
  #step = 1;
  /** How far to jump as soon as the sound has faded out. */
  #jump: number | undefined;
  /** The place before a splice. It stays audible for `left` more instants, more and more quietly. */
  #old: { place: number; left: number; readonly length: number } | undefined;

  constructor(ring: PcmRing) {
    this.#ring = ring;
    this.#fade = ring.rate * FADE_S;
    this.#end = ring.rate * END_S;
    this.#splice = Math.round(ring.rate * SPLICE_S);
  }

  get audible(): boolean {
    return this.#gain > 0;
  }

  /** The sound in hand, in sampling instants; 0 or less if it has run dry. */
  get ahead(): number {
    return this.#ring.end - this.place;
  }

  /** Continue this much later; if sound is being heard, fade it out first. */
  jump(by: number): void {
    if (this.#gain === 0) this.place = Math.round(this.place + by);
    else this.#jump = by;
  }

  /** Continue about this much later, under a cross-fade. @returns the real distance; 0 if there is too little sound */
  splice(by: number): number {
    const most = Math.max(0, by) + this.#ring.rate * AHEAD_S;
    return this.#continue(by, most, this.#lasting(most + this.#last));
  }

  /** Repeat the last moments if the sound in hand is about to end. @returns as {@link splice} */
  stretch(): number {
    if (!this.patient || this.ahead > this.#last + MARGIN) return 0;
    return this.#continue(-this.#ring.rate * REPEATED_S, 0, this.#lasting(0));
  }

  /** With less in hand, the sound begins to fade out within a round. */
  get #last(): number {
    return this.#end + ROUND * this.#step;
  }

  /** For how many instants of the output the sound that much later lasts, but no longer than a cross-fade. */
  #lasting(later: number): number {
    return Math.min(this.#splice, Math.floor((this.ahead - later - MARGIN) / this.#step));
  }

  /** @param step how many sampling instants of the ring pass for each one of the output */
  render(output: readonly Float32Array[], step: number): void {
    const length = output[0]?.length ?? 0;
    this.#step = step;
    const change = 1 / (this.#fade / step);
    const last = this.#ring.channelCount - 1;
    for (let i = 0; i < length; i++) {
      const aim = this.#isWanted ? 1 : 0;
      this.#gain += Math.max(-change, Math.min(change, aim - this.#gain));
      // It reaches 0 exactly where the known sound ends, in case no more comes.
      this.#gain = Math.max(0, Math.min(this.#gain, this.ahead / this.#end));
      if (this.#gain <= 0 && this.#jump !== undefined) {
        this.place = Math.round(this.place + this.#jump);
        this.#jump = undefined;
        this.#old = undefined;
      }
      if (this.#gain > 0) {
        this.heard++;
        for (let channel = 0; channel < output.length; channel++) {
          output[channel]![i] = this.#gain * this.#value(Math.min(channel, last));
        }
      }
      if (this.#old && --this.#old.left <= 0) this.#old = undefined;
      if (this.#old) this.#old.place += step;
      const wasThere = this.ahead > 0;
      this.place += step;
      if (wasThere && this.ahead <= 0 && this.wanted) this.underruns++;
    }
  }

  get #isWanted(): boolean {
    return this.wanted && this.#jump === undefined && this.place >= this.#ring.begin;
  }

  /**
   * @param by about so much later
   * @param furthest not further than this
   * @param length of the cross-fade
   */
  #continue(by: number, furthest: number, length: number): number {
    const reach = Math.round(this.#ring.rate * SEARCH_S);
    const from = Math.max(Math.round(by) - reach, Math.ceil(this.#ring.begin - this.place));
    const to = Math.min(Math.round(by) + reach, Math.floor(furthest));
    const isShort = length * this.#step < this.#ring.rate * SHORTEST_SPLICE_S;
    if (isShort || to < from || this.#old || this.#jump !== undefined || this.#gain < 1) return 0;
    const best = this.#mostAlike(from, to, length);
    this.#old = { place: this.place, left: length, length };
    this.place += best;
    return best;
  }

  #value(channel: number): number {
    const value = this.#ring.at(channel, this.place);
    if (!this.#old) return value;
    const share = this.#old.left / this.#old.length;
    return value * (1 - share) + this.#ring.at(channel, this.#old.place) * share;
  }

  /**
   * The step at which the sound there resembles the sound here most: first roughly, then around the best one. The
   * audio thread has less than 3 ms for each of its rounds.
   */
  #mostAlike(from: number, to: number, length: number): number {
    const rough = this.#best(from, to, length, ROUGHLY);
    return this.#best(Math.max(from, rough - ROUGHLY), Math.min(to, rough + ROUGHLY), length, 1);
  }

  #best(from: number, to: number, length: number, stride: number): number {
    let best = from;
    let most = Number.NEGATIVE_INFINITY;
    for (let step = from; step <= to; step += stride) {
      const alike = this.#likeness(step, length);
      if (alike > most) {
        most = alike;
        best = step;
      }
    }
    return best;
  }

  /** Cross-correlation of the sound that much later with the sound here, normalised by the energy there. */
  #likeness(step: number, length: number): number {
    // Of a short cross-fade, what was just heard counts as well.
    const here = Math.round(this.place) + length - this.#splice;
    let product = 0;
    let energy = 1e-9;
    for (let i = 0; i < this.#splice; i += SAMPLED) {
      const there = this.#ring.at(0, here + step + i);
      product += there * this.#ring.at(0, here + i);
      energy += there * there;
    }
    return product / Math.sqrt(energy);
  }
}
