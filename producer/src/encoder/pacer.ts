import { ticksToMs } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';

/** Media to hold ready, so that nobody notices when the encoder pauses (a busy machine, a badly interleaved file). */
const LEAD_MS = 1_000;
/** Begin with less if the encoder is slow to fill it. */
const FILL_MS = 1_500;
/** Sound and picture follow each other more closely than this; a chunk that is later was not there in time. */
const LATE_MS = 250;

/**
 * Releases the chunks of a recording at the pace of their timestamps. ffmpeg could do that itself (`-re`), but it paces
 * what it reads: a file that stores half a second of sound and then half a second of pictures comes out in bursts.
 */
export class Pacer {
  readonly #emit: (chunk: Chunk) => void;
  /** Pauses the encoder, and lets it continue. */
  readonly #encoder: { pause(): void; resume(): void };
  readonly #queue: Chunk[] = [];
  #timer: NodeJS.Timeout | undefined;
  #filledBy: number | undefined;
  /** The moment of decode time 0; unset while the lead is being filled. */
  #origin: number | undefined;
  /** The time of the newest chunk that was due. */
  #newest = Number.NEGATIVE_INFINITY;
  #paused = false;

  constructor(emit: (chunk: Chunk) => void, encoder: { pause(): void; resume(): void }) {
    this.#emit = emit;
    this.#encoder = encoder;
  }

  push(chunk: Chunk): void {
    this.#queue.push(chunk);
    this.#filledBy ??= performance.now() + FILL_MS;
    if (!this.#paused && this.#lead() >= LEAD_MS) {
      this.#paused = true;
      this.#encoder.pause();
    }
    this.#run();
  }

  /** Enough is ready, so the encoder waits. */
  get isFull(): boolean {
    return this.#paused;
  }

  /** @returns how many chunks were held and will never be released. */
  close(): number {
    clearTimeout(this.#timer);
    return this.#queue.splice(0).length;
  }

  #run(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    for (let head = this.#queue[0]; head; head = this.#queue[0]) {
      const wait = this.#due(head, now) - now;
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#run(), wait);
        break;
      }
      this.#queue.shift();
      this.#emit(head);
    }
    if (this.#paused && this.#lead() < LEAD_MS / 2) {
      this.#paused = false;
      this.#encoder.resume();
    }
  }

  #due(chunk: Chunk, now: number): number {
    const time = ticksToMs(chunk.decodeTime);
    if (this.#origin === undefined) {
      const full = this.#lead() >= LEAD_MS || now >= this.#filledBy!;
      if (!full) return this.#filledBy!;
      this.#origin = now - time;
    }
    const due = this.#origin + time;
    const elsewhere = chunk.discontinuity && Math.abs(due - now) > LATE_MS;
    const isBehind = time < this.#newest;
    this.#newest = elsewhere ? time : Math.max(time, this.#newest);
    // A track that comes after the other one, as after a pause, does not hold that up once more.
    if (!elsewhere && (isBehind || now - due <= LATE_MS)) return due;
    this.#origin = now - time;
    return now;
  }

  /** Milliseconds of media that are ready. Across a jump of the timestamps nobody can tell, and it counts as enough. */
  #lead(): number {
    const [first, last] = [this.#queue[0], this.#queue.at(-1)];
    if (!first || !last) return 0;
    const span = ticksToMs(last.decodeTime) - ticksToMs(first.decodeTime);
    const jumped = this.#queue.some(({ discontinuity }, index) => index > 0 && discontinuity);
    return jumped ? LEAD_MS : span;
  }
}
