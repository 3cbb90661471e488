import type { Milliseconds } from '@topicast/contracts/units';

interface Limits {
  /** Before the first chunk. */
  readonly first: number;
  /** After it. */
  readonly next: number;
}

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
    if (!audioOnly) this.#pictures[output] = now;
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
