import {
  type BitsPerSecond,
  bitsPerSecond,
  type Milliseconds,
  milliseconds,
} from '@topicast/contracts/units';
import { Baseline } from './baseline.js';
import { Trend } from './trend.js';

/** A chunk as it arrived. Times may have any beginning, and the two clocks need not agree. */
export interface Delivered {
  readonly at: Milliseconds;
  /** Decode time. */
  readonly media: Milliseconds;
  readonly bytes: number;
  readonly keyframe: boolean;
}

/** What the arrivals of chunks say about the way from the gateway to here. */
export interface PathEvidence {
  /** How much longer than usual the newest chunk took. */
  readonly queue: Milliseconds;
  /** More is sent than gets through: the queue grows, and does not drain between keyframes. */
  readonly isOverloaded: boolean;
  /** Since when the queue has drained between keyframes. */
  readonly calmSince: Milliseconds;
  /** What got through lately while chunks queued; undefined if they did not. */
  readonly throughput: BitsPerSecond | undefined;
  /**
   * How fast the last keyframes came: what the path carries is at least `atLeast`, and probably not more than `atMost`.
   * TCP may have needed a round trip more than the path itself. Undefined without keyframes that are large enough.
   */
  readonly bursts: { readonly atLeast: BitsPerSecond; readonly atMost: BitsPerSecond } | undefined;
}

interface Service {
  readonly at: number;
  readonly bits: number;
  /** How long the chunk took, without the time that it waited for the one before. */
  readonly took: number;
}

const RECENT_MS = 600;
/** Chunks that took less than this in {@link RECENT_MS} say nothing: a busy machine explains that. */
const LEAST_BUSY_MS = 150;
const KEPT_BURSTS = 4;
/** A keyframe may be the first of those that many viewers get at once: what comes behind it shows the others. */
const BEHIND_MS = 200;
const BURST_LIFE_MS = 30_000;
const LEAST_BURST_BYTES = 6_000;
/** As many times the usual picture. */
const LEAST_BURST_SIZE = 2.5;
/** Nothing is timed more exactly. */
const TIMING_MS = 5;
/** So that a rate is a number. */
const LEAST_TOOK_MS = 1;
const SIZE_WEIGHT = 0.1;
/** The connection was cut and came back: that says nothing about its rate. */
const CUT = { ms: 1_000, bitsPerMs: 100 } as const;

/**
 * Measures the way from the gateway. A live stream never sends more than its own bitrate, but it sends a keyframe of 5 to
 * 10 pictures' size at once. How late that one is, and those behind it, shows what the path could carry. A chunk is
 * modelled as sent at its decode time and served when the chunk before it has arrived.
 */
export class PathMeter {
  readonly #baseline = new Baseline();
  readonly #trend = new Trend();
  #recent: Service[] = [];
  #bursts: Service[] = [];
  /** A keyframe, and what has come behind it so far. */
  #burst: Service | undefined;
  #lastAt: number | undefined;
  #queue = 0;
  #usualBits: number | undefined;
  #cutAt: Milliseconds | undefined;

  /** When the connection last came back after a cut. */
  get cutAt(): Milliseconds | undefined {
    return this.#cutAt;
  }

  add({ at, media, bytes, keyframe }: Delivered): void {
    const least = this.#baseline.add(at, at - media);
    this.#queue = at - media - least;
    const sentAt = media + least;
    const lastAt = this.#lastAt;
    this.#lastAt = at;
    // How long the first one took, nobody knows.
    if (lastAt === undefined) return;
    const waited = lastAt > sentAt;
    const took = at - (waited ? lastAt : sentAt);
    // The least delay contains the way of one usual picture.
    const bits = waited ? bytes * 8 : Math.max(0, bytes * 8 - (this.#usualBits ?? 0));
    if (took > CUT.ms && bytes * 8 < took * CUT.bitsPerMs) {
      this.#onCut(at);
      return;
    }
    this.#trend.add(at, milliseconds(this.#queue), keyframe);
    this.#recent.push({ at, bits: bytes * 8, took });
    while (this.#recent[0]!.at < at - RECENT_MS) this.#recent.shift();
    if (waited || took > TIMING_MS) this.#follow({ at, bits, took });
    if (keyframe) this.#begin({ at, bits, took });
    else this.#usualBits = smooth(this.#usualBits, bytes * 8);
  }

  /** The chunks that follow are of another rendition: what has queued up so far does not count against it. */
  renew(): void {
    if (this.#lastAt !== undefined) this.#trend.renew(milliseconds(this.#lastAt), milliseconds(this.#queue));
  }

  /** Another time line, or another way. */
  reset(): void {
    this.#baseline.reset();
    this.#trend.reset();
    this.#recent = [];
    this.#burst = undefined;
    this.#lastAt = undefined;
  }

  evidence(roundTrip: Milliseconds): PathEvidence {
    return {
      queue: milliseconds(this.#queue),
      isOverloaded: this.#trend.isGrowing,
      calmSince: this.#trend.calmSince,
      throughput: this.#throughput,
      bursts: this.#rates(roundTrip),
    };
  }

  get #throughput(): BitsPerSecond | undefined {
    const took = this.#recent.reduce((sum, each) => sum + each.took, 0);
    if (took < LEAST_BUSY_MS) return undefined;
    return bitsPerSecond((this.#recent.reduce((sum, { bits }) => sum + bits, 0) * 1000) / took);
  }

  #rates(roundTrip: number): PathEvidence['bursts'] {
    const rates = this.#bursts.map(({ bits, took }) => [
      (bits * 1000) / Math.max(took, LEAST_TOOK_MS),
      (bits * 1000) / Math.max(took - roundTrip, LEAST_TOOK_MS),
    ]);
    if (rates.length === 0) return undefined;
    const middle = (which: 0 | 1) => bitsPerSecond(lowerMedian(rates.map((rate) => rate[which]!)));
    return { atLeast: middle(0), atMost: middle(1) };
  }

  #begin(keyframe: Service): void {
    const { bits } = keyframe;
    const isLarge = bits >= LEAST_BURST_BYTES * 8 && bits >= (this.#usualBits ?? bits) * LEAST_BURST_SIZE;
    this.#burst = isLarge ? keyframe : undefined;
  }

  #follow({ at, bits, took }: Service): void {
    const burst = this.#burst;
    if (!burst) return;
    if (at - burst.at <= BEHIND_MS) {
      this.#burst = { at: burst.at, bits: burst.bits + bits, took: burst.took + took };
      return;
    }
    this.#burst = undefined;
    const kept = this.#bursts.filter((each) => each.at > at - BURST_LIFE_MS);
    this.#bursts = [...kept, burst].slice(-KEPT_BURSTS);
  }

  #onCut(at: Milliseconds): void {
    this.#cutAt = at;
    this.#recent = [];
    this.#burst = undefined;
    this.#trend.reset();
  }
}

const smooth = (before: number | undefined, now: number): number =>
  before === undefined ? now : before + (now - before) * SIZE_WEIGHT;

/** Of two in the middle the lower one. */
const lowerMedian = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
