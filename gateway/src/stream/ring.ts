import { comparePositions, type Position } from '@topicast/contracts/position';
import { type Bytes, Milliseconds, milliseconds, type Ticks90k, ticksToMs } from '@topicast/contracts/units';
import type { ChunkWindow } from './chunk-source.js';
import { type FedChunk, LiveChunk } from './live-chunk.js';
import { type Run, SharedRun } from './run.js';

export interface RingLimits {
  /** The media time to keep; the ring keeps more only to reach back to the newest keyframe. */
  readonly span: Milliseconds;
  /** Never more than this, keyframe or not. Frames for raw viewers, where there are any, come on top. */
  readonly bytes: Bytes;
}

/**
 * A step of the decode time beyond which a chunk is no continuation (DTS may repeat or swap a little between audio and
 * video).
 */
const LONGEST_STEP = milliseconds(10_000);
/** Each acknowledgement costs the gateway some 10 us, as much as sending a chunk. */
const ACK_INTERVAL = milliseconds(1_000);

/** The recent chunks of one rendition. */
export class Ring implements ChunkWindow {
  readonly #limits: RingLimits;
  readonly #shared = new SharedRun(this);
  caughtUp = false;
  #first = 0;
  #end = 0;
  /** Index i at i - #base; entries before #first are empty until the array is compacted. */
  #chunks: (LiveChunk | undefined)[] = [];
  #base = 0;
  #keyframes: number[] = [];
  #bytes = 0;
  #time = Milliseconds.zero;
  #decodeTime: Ticks90k | undefined;
  #lastAsked = Milliseconds.never;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  get first(): number {
    return this.#first;
  }

  get end(): number {
    return this.#end;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get keyframes(): readonly number[] {
    return this.#keyframes;
  }

  get newestKeyframe(): number | undefined {
    return this.#keyframes.at(-1);
  }

  get newest(): LiveChunk | undefined {
    return this.#end > this.#first ? this.at(this.#end - 1) : undefined;
  }

  at(index: number): LiveChunk {
    const chunk = this.#chunks[index - this.#base];
    if (!chunk) throw new RangeError(`ring: ${index} is not within ${this.#first} to ${this.#end}`);
    return chunk;
  }

  run(from: number, until: number): Run {
    return this.#shared.from(from, until);
  }

  find(position: Position): number | undefined {
    let low = this.#first;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comparePositions(this.at(middle), position) < 0) low = middle + 1;
      else high = middle;
    }
    if (low === this.#end) return undefined;
    const chunk = this.at(low);
    const isFound =
      comparePositions(chunk, position) === 0 &&
      chunk.rendition === position.rendition &&
      chunk.session === position.session;
    return isFound ? low : undefined;
  }

  push(fed: FedChunk): LiveChunk {
    this.#advanceTime(fed);
    const asksForAck = this.#time - this.#lastAsked >= ACK_INTERVAL;
    if (asksForAck) this.#lastAsked = this.#time;
    const chunk = new LiveChunk(fed, this.#time, asksForAck);
    this.#chunks.push(chunk);
    if (chunk.header.keyframe) this.#keyframes.push(this.#end);
    this.#end += 1;
    this.#bytes += chunk.frame.byteLength;
    this.#trim();
    return chunk;
  }

  /** Forget all chunks; the indexes continue. */
  clear(): void {
    while (this.#first < this.#end) this.#dropOldest();
  }

  #advanceTime(fed: FedChunk): void {
    const { decodeTime } = fed.header;
    const step =
      this.#decodeTime === undefined || fed.gap
        ? Milliseconds.zero
        : Milliseconds.sub(ticksToMs(decodeTime), ticksToMs(this.#decodeTime));
    const continues = Math.abs(step) <= LONGEST_STEP;
    if (continues && step > 0) this.#time = Milliseconds.add(this.#time, step);
    if (!continues || step > 0 || fed.gap || this.#decodeTime === undefined) this.#decodeTime = decodeTime;
  }

  #trim(): void {
    while (this.#bytes > this.#limits.bytes && this.#end - this.#first > 1) this.#dropOldest();
    const keep = this.#keyframes.at(-1) ?? this.#end - 1;
    while (this.#first < keep && this.#time - this.at(this.#first).time > this.#limits.span)
      this.#dropOldest();
  }

  #dropOldest(): void {
    const at = this.#first - this.#base;
    this.#bytes -= this.at(this.#first).frame.byteLength;
    this.#chunks[at] = undefined;
    if (this.#keyframes[0] === this.#first) this.#keyframes.shift();
    this.#first += 1;
    // Compacting the array for each chunk would cost its length each time; compacting it by half costs next to nothing.
    if (at >= 256 && at * 2 >= this.#chunks.length) {
      this.#chunks = this.#chunks.slice(at + 1);
      this.#base = this.#first;
    }
  }
}
