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
  /** How fast the last keyframes came, with what came behind them. Undefined if none was large enough. */
  readonly burst: BitsPerSecond | undefined;
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
const LEAST_BURST_BYTES = 6_000;
/** As many times the usual picture. */
const LEAST_BURST_SIZE = 2.5;
/** A burst that was so many times as fast as what gets through now is of another network; rates are not exact. */
const ANOTHER_NETWORK = 1.3;
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
  /** How long a picture takes outside bursts: encoders and busy machines are never on time. */
  #usualTook = 0;
  /** Another rendition has begun with a keyframe, and what comes behind that is late. */
  #renewedAt = Number.NEGATIVE_INFINITY;
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
    // Beyond a usual picture, whose way is part of the least delay.
    const bits = waited ? bytes * 8 : Math.max(0, bytes * 8 - (this.#usualBits ?? 0));
    if (took > CUT.ms && bytes * 8 < took * CUT.bitsPerMs) {
      this.#onCut(at);
      return;
    }
    this.#trend.add(at, milliseconds(this.#queue), keyframe);
    this.#recent.push({ at, bits: bytes * 8, took });
    while (this.#recent[0]!.at < at - RECENT_MS) this.#recent.shift();
    if (this.#trend.isGrowing) this.#forgetFaster();
    if (keyframe || (this.#burst && at - this.#burst.at > BEHIND_MS)) this.#endBurst();
    const extra = { at, bits, took: waited ? took : took - this.#usualTook };
    if (keyframe) {
      this.#begin(extra);
      return;
    }
    if (this.#burst) this.#burst = sum(this.#burst, extra);
    else if (at - this.#renewedAt > BEHIND_MS) this.#usualTook = smooth(this.#usualTook, took);
    this.#usualBits = smooth(this.#usualBits, bytes * 8);
  }

  /** The chunks that follow are of another rendition: what has queued up so far does not count against it. */
  renew(): void {
    // Its first keyframe is not compared with pictures of another size.
    this.#usualBits = undefined;
    this.#renewedAt = this.#lastAt ?? this.#renewedAt;
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

  get evidence(): PathEvidence {
    return {
      queue: milliseconds(this.#queue),
      isOverloaded: this.#trend.isGrowing,
      calmSince: this.#trend.calmSince,
      throughput: this.#throughput,
      burst: this.#burstRate,
    };
  }

  get #throughput(): BitsPerSecond | undefined {
    const total = this.#recent.reduce(sum, NOTHING);
    return total.took < LEAST_BUSY_MS ? undefined : rateOf(total);
  }

  /** The median; of two in the middle the lower one. */
  get #burstRate(): BitsPerSecond | undefined {
    const rates = this.#bursts.map(rateOf).sort((a, b) => a - b);
    return rates[(rates.length - 1) >> 1];
  }

  #begin(keyframe: Service): void {
    const { bits } = keyframe;
    const isLarge = bits >= LEAST_BURST_BYTES * 8 && bits >= (this.#usualBits ?? bits) * LEAST_BURST_SIZE;
    this.#burst = isLarge ? keyframe : undefined;
  }

  #endBurst(): void {
    if (this.#burst) this.#bursts = [...this.#bursts, this.#burst].slice(-KEPT_BURSTS);
    this.#burst = undefined;
  }

  /** What came faster than anything does now came through another network. */
  #forgetFaster(): void {
    const throughput = this.#throughput;
    if (throughput === undefined) return;
    this.#bursts = this.#bursts.filter((burst) => rateOf(burst) <= throughput * ANOTHER_NETWORK);
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

const NOTHING: Service = { at: 0, bits: 0, took: 0 };

const sum = (a: Service, b: Service): Service => ({
  at: a.at,
  bits: a.bits + b.bits,
  took: a.took + b.took,
});

const rateOf = ({ bits, took }: Service): BitsPerSecond =>
  bitsPerSecond((bits * 1000) / Math.max(took, LEAST_TOOK_MS));
