import { findingsOnStructure, type Structure, sentenceOf } from '@topicast/contracts/diagnosis';
import { type Milliseconds, milliseconds, type Ticks90k } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';

const WINDOW_MS = 5_000;
const TICKS_PER_MS = 90;
const USUAL_RATES = [23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60];

type MeteredChunk = Omit<Chunk, 'start' | 'sinceKeyframe'>;

const nearestUsual = (rate: number, tolerance: number): number | undefined => {
  const [nearest = 0] = [...USUAL_RATES].sort((a, b) => Math.abs(a - rate) - Math.abs(b - rate));
  return Math.abs(nearest - rate) < nearest * tolerance ? nearest : undefined;
};

interface Entry {
  readonly at: Milliseconds;
  readonly bytes: number;
  readonly video: boolean;
  readonly decodeTime: Ticks90k;
}

/** What the chunks of one session show about the encoder, over the last seconds. */
export class Meter {
  #entries: Entry[] = [];
  #bitrate: number | undefined;
  #lastKeyframe: Ticks90k | undefined;
  #longestGop = 0;
  #offset: Ticks90k | undefined;
  #reordered = false;

  add(chunk: MeteredChunk, at: Milliseconds): void {
    const { decodeTime } = chunk;
    if (chunk.discontinuity) {
      this.#entries = [];
      this.#lastKeyframe = undefined;
    }
    this.#entries.push({ at, bytes: chunk.data.byteLength, video: !chunk.audioOnly, decodeTime });
    while (at - this.#entries[0]!.at > WINDOW_MS) this.#entries.shift();
    if (!chunk.audioOnly) this.#noteStructure(chunk);
  }

  /** Bits a second; the value ignores small changes. */
  get bitrate(): number | undefined {
    const [first, last] = [this.#entries[0], this.#entries.at(-1)];
    if (!first || !last || last.at - first.at < 1_000) return this.#bitrate;
    const bytes = this.#entries.slice(1).reduce((sum, entry) => sum + entry.bytes, 0);
    const now = Math.round((bytes * 8_000) / (last.at - first.at));
    const changed = this.#bitrate === undefined || Math.abs(now - this.#bitrate) > this.#bitrate * 0.05;
    if (changed) this.#bitrate = now;
    return this.#bitrate;
  }

  /** Frames a second, from the usual step of their timestamps, because the bitstream's own claim is often wrong. */
  get frameRate(): number | undefined {
    const frames = this.#entries.filter((entry) => entry.video);
    const steps = frames.slice(1).map(({ decodeTime }, index) => decodeTime - frames[index]!.decodeTime);
    if (frames.length < 2 || frames.at(-1)!.decodeTime - frames[0]!.decodeTime < 90_000) return undefined;
    const middle = steps.sort((a, b) => a - b)[steps.length >> 1]!;
    if (middle <= 0) return undefined;
    const measured = 90_000 / middle;
    return (
      nearestUsual(measured, 0.0005) ?? this.#roundedRate(frames, middle) ?? Math.round(measured * 10) / 10
    );
  }

  /** How the pictures build on each other. A GOP that has not ended counts as well. */
  get structure(): Structure {
    return { hasReordering: this.#reordered, longestGop: milliseconds(this.#longestGop * 1_000) };
  }

  /** What makes a stream that is not encoded here worse than one that is, one sentence each. */
  get warnings(): readonly string[] {
    return findingsOnStructure(this.structure, 'source').map(sentenceOf);
  }

  /** RTMP counts in milliseconds: steps of 33 and 34 ms are 30 pictures a second, which only their mean shows. */
  #roundedRate(frames: readonly Entry[], middle: number): number | undefined {
    const mean = ((frames.length - 1) * 90_000) / (frames.at(-1)!.decodeTime - frames[0]!.decodeTime);
    const usual = nearestUsual(mean, 0.001);
    return usual !== undefined && Math.abs(90_000 / usual - middle) <= TICKS_PER_MS ? usual : undefined;
  }

  #noteStructure({ keyframe, decodeTime, presentationOffset }: MeteredChunk): void {
    // A constant offset is only a shift; if it varies, frames change places.
    this.#reordered ||= this.#offset !== undefined && this.#offset !== presentationOffset;
    this.#offset = presentationOffset;
    const sinceKeyframe = this.#lastKeyframe === undefined ? 0 : (decodeTime - this.#lastKeyframe) / 90_000;
    this.#longestGop = Math.max(this.#longestGop, sinceKeyframe);
    if (keyframe) this.#lastKeyframe = decodeTime;
  }
}
