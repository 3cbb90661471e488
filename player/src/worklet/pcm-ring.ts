/** Decoded sound: consecutive sampling instants of one track. */
export interface PcmBlock {
  /** The number of the first instant, counted from the beginning of the media timeline. */
  readonly start: number;
  /** The sampling rate, in Hz. */
  readonly rate: number;
  readonly channels: readonly Float32Array[];
}

/** If sound is further back than this, the time stamps have jumped; nothing repeats that much. */
const MOST_REPEATED_S = 1;
/** The length of a fade, so that no piece of sound clicks where it begins or ends. */
const EDGE_S = 0.005;

/**
 * Holds the newest sound by its place on the media timeline. New sound replaces the oldest. Where sound is missing in
 * between, the ring has silence with soft edges.
 */
export class PcmRing {
  /** The first instant that it holds, and the one after the last. */
  begin = 0;
  end = 0;
  readonly #capacity: number;
  readonly #edge: number;
  readonly #channels: readonly Float32Array[];

  constructor(
    readonly rate: number,
    channels: number,
    seconds: number,
  ) {
    this.#capacity = Math.round(rate * seconds);
    this.#edge = Math.round(rate * EDGE_S);
    this.#channels = Array.from({ length: channels }, () => new Float32Array(this.#capacity));
  }

  get channelCount(): number {
    return this.#channels.length;
  }

  write({ start, channels }: PcmBlock): void {
    const length = channels[0]?.length ?? 0;
    const far = start > this.end + this.#capacity || start + length < this.end - this.rate * MOST_REPEATED_S;
    if (this.begin === this.end || far) {
      this.begin = this.end = start;
      this.#append(channels, 0, length);
      this.#fade(start, Math.min(length, this.#edge), 'in');
      return;
    }
    if (start > this.end) this.#leaveOut(start);
    const known = this.end - start;
    if (known >= length) return;
    const from = this.end;
    if (known > 0) this.#blend(channels, known);
    this.#append(channels, known, length);
    if (known === 0 && this.#gapEnd === from) this.#fade(from, Math.min(length, this.#edge), 'in');
  }

  /** The value at a place, also between two instants (Catmull-Rom); 0 where there is no sound. */
  at(channel: number, place: number): number {
    const instant = Math.floor(place);
    const between = place - instant;
    const b = this.#get(channel, instant);
    if (between === 0) return b;
    const a = this.#get(channel, instant - 1);
    const c = this.#get(channel, instant + 1);
    const d = this.#get(channel, instant + 2);
    return (
      b + 0.5 * between * (c - a + between * (2 * a - 5 * b + 4 * c - d + between * (3 * (b - c) + d - a)))
    );
  }

  /** Where the last silence that fills a gap ends. */
  #gapEnd: number | undefined;

  #get(channel: number, instant: number): number {
    if (instant < this.begin || instant >= this.end) return 0;
    return this.#channels[channel]![instant % this.#capacity]!;
  }

  #append(channels: readonly Float32Array[], from: number, to: number): void {
    // If a block is larger than the ring, only its end is kept.
    const first = Math.max(from, to - this.#capacity);
    this.end += first - from;
    for (const [own, target] of this.#channels.entries()) {
      // A block may have fewer channels: mono plays on both sides.
      const source = channels[own] ?? channels[0]!;
      for (let i = first, at = this.end; i < to; i++, at++) target[at % this.#capacity] = source[i]!;
    }
    this.end += to - first;
    this.begin = Math.max(this.begin, this.end - this.#capacity);
  }

  /** Fill the gap with silence, up to where the sound continues. */
  #leaveOut(until: number): void {
    const length = Math.min(this.#edge, this.end - this.begin);
    this.#fade(this.end - length, length, 'out');
    for (const target of this.#channels) {
      for (let at = this.end; at < until; at++) target[at % this.#capacity] = 0;
    }
    this.end = until;
    this.#gapEnd = until;
    this.begin = Math.max(this.begin, this.end - this.#capacity);
  }

  #fade(from: number, length: number, way: 'in' | 'out'): void {
    for (const target of this.#channels) {
      for (let i = 0; i < length; i++) {
        const share = (i + 1) / (length + 1);
        target[(from + i) % this.#capacity]! *= way === 'in' ? share : 1 - share;
      }
    }
  }

  /** Cross-fade from the old instants to the same ones in the block, so that the rest of the block continues them. */
  #blend(channels: readonly Float32Array[], known: number): void {
    const length = Math.min(known, this.#edge, this.end - this.begin);
    for (const [own, target] of this.#channels.entries()) {
      const source = channels[own] ?? channels[0]!;
      for (let i = 0; i < length; i++) {
        const share = (i + 1) / (length + 1);
        const at = (this.end - length + i) % this.#capacity;
        target[at] = target[at]! * (1 - share) + source[known - length + i]! * share;
      }
    }
  }
}
