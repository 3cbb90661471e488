import type { Milliseconds } from '@topicast/contracts/units';

interface Limits {
  /** Before the first chunk. */
  readonly first: number;
  /** After it. */
  readonly next: number;
}

/** A slow camera may take some seconds for a picture. */
const STILL_MS = 10_000;

/** What has fallen silent: the source, or one output alone, by its number. */
export type Silent = 'source' | number;

/**
 * When an encoder has said nothing for too long. All outputs are silent together between two bursts, or while the encoder
 * is held back, and that is excused. One whose pictures do not come while another one's do is not.
 */
export class Silence {
  readonly #limits: Limits;
  /** Of each output, when its last picture came. The best one may give sound alone while the pictures pause. */
  readonly #pictures: number[];
  #hasPictures = false;
  #deadline: number;

  constructor(outputs: number, limits: Limits, now: Milliseconds) {
    this.#limits = limits;
    this.#deadline = now + limits.first;
    // One that has not begun has as long as the source, since another one may need fewer tracks to begin.
    this.#pictures = Array<number>(outputs).fill(this.#deadline - limits.next);
  }

  /** Something has come. */
  note(output: number, { audioOnly }: { readonly audioOnly: boolean }, now: Milliseconds): void {
    this.excuse(now);
    if (audioOnly) return;
    this.#pictures[output] = now;
    this.#hasPictures ||= output === 0;
  }

  /** Pictures have come, but none has for a while. */
  isStill(now: Milliseconds): boolean {
    return this.#hasPictures && now - this.#pictures[0]! >= STILL_MS;
  }

  /** Nothing can be expected at present. */
  excuse(now: Milliseconds): void {
    this.#deadline = now + this.#limits.next;
  }

  at(now: Milliseconds): Silent | undefined {
    if (now >= this.#deadline) return 'source';
    const newest = Math.max(...this.#pictures);
    const hung = this.#pictures.findIndex((at) => newest - at >= this.#limits.next);
    return hung < 0 ? undefined : hung;
  }
}
