import type { PcmRing } from './pcm-ring.js';

/** Long enough to prevent a click, and too short to be heard as a fade. */
const FADE_S = 0.006;
const SPLICE_S = 0.012;
/** A splice may miss its aim by this much, to continue where the waveform looks alike: half of a period at 80 Hz. */
const SEARCH_S = 0.006;
/** The search takes steps of this many instants first, and compares every fourth one: enough for a pitch. */
const ROUGHLY = 8;
const SAMPLED = 4;

/** Reads a ring at any speed, fades where sound begins and ends, and splices without a click. */
export class Voice {
  /** Where it reads, in sampling instants of the ring. */
  place = 0;
  /** Whether it should be heard at all. */
  wanted = false;
  /** How often the sound ran out while it played. */
  underruns = 0;
  /** The number of instants of the output that were heard. */
  heard = 0;
  readonly #ring: PcmRing;
  readonly #fade: number;
  readonly #splice: number;
  #gain = 0;
  /** How far to jump as soon as the sound has faded out. */
  #jump: number | undefined;
  /** The place before a splice. It stays audible for `left` more instants, more and more quietly. */
  #old: { place: number; left: number } | undefined;

  constructor(ring: PcmRing) {
    this.#ring = ring;
    this.#fade = ring.rate * FADE_S;
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
    // What is being heard has to last until it has faded out.
    if (this.ahead < 2 * this.#splice) return 0;
    const reach = Math.round(this.#ring.rate * SEARCH_S);
    const from = Math.max(Math.round(by) - reach, Math.ceil(this.#ring.begin - this.place));
    const to = Math.min(Math.round(by) + reach, Math.floor(this.ahead) - 2 * this.#splice);
    if (to < from || this.#old || this.#jump !== undefined || this.#gain < 1) return 0;
    const best = this.#mostAlike(from, to);
    this.#old = { place: this.place, left: this.#splice };
    this.place += best;
    return best;
  }

  /** @param step how many sampling instants of the ring pass for each one of the output */
  render(output: readonly Float32Array[], step: number): void {
    const length = output[0]?.length ?? 0;
    const change = 1 / (this.#fade / step);
    const last = this.#ring.channelCount - 1;
    for (let i = 0; i < length; i++) {
      this.#gain += Math.max(-change, Math.min(change, this.#aim() - this.#gain));
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

  /** The gain to aim at. It reaches 0 exactly where the known sound ends, in case no more comes. */
  #aim(): number {
    if (!this.wanted || this.#jump !== undefined || this.place < this.#ring.begin) return 0;
    return Math.max(0, Math.min(1, this.ahead / this.#fade));
  }

  #value(channel: number): number {
    const value = this.#ring.at(channel, this.place);
    if (!this.#old) return value;
    const share = this.#old.left / this.#splice;
    return value * (1 - share) + this.#ring.at(channel, this.#old.place) * share;
  }

  /**
   * The step at which the sound there resembles the sound here most: first roughly, then around the best one. The
   * audio thread has less than 3 ms for each of its rounds.
   */
  #mostAlike(from: number, to: number): number {
    const rough = this.#best(from, to, ROUGHLY);
    return this.#best(Math.max(from, rough - ROUGHLY), Math.min(to, rough + ROUGHLY), 1);
  }

  #best(from: number, to: number, stride: number): number {
    let best = from;
    let most = Number.NEGATIVE_INFINITY;
    for (let step = from; step <= to; step += stride) {
      const alike = this.#likeness(step);
      if (alike > most) {
        most = alike;
        best = step;
      }
    }
    return best;
  }

  /** Cross-correlation of the sound that much later with the sound here, normalised by the energy there. */
  #likeness(step: number): number {
    const here = Math.round(this.place);
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
