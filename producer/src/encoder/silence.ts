import type { Milliseconds } from '@topicast/contracts/units';

interface Limits {
  /** Before the first chunk. */
  readonly first: number;
  /** After it. */
  readonly next: number;
}

/** A slow camera may take some seconds for a picture. */
const STILL_MS = 10_000;
/** An output that has not begun may wait for a track that the others do not have. */
const BEGINS_WITHIN_MS = 20_000;
/** After a pause, one output gives its first picture before the others do. */
const SURE_AFTER_MS = 3_000;

/** What has fallen silent: the source, or one output alone, by its number. */
export type Silent = 'source' | number;

interface Output {
  /** When its last picture came. */
  picture: number | undefined;
  /** When the first picture of another output came after that. */
  behindSince: number | undefined;
  /** When we noticed that it is too far behind. */
  suspectedAt: number | undefined;
}

/**
 * When an encoder has said nothing for too long. All outputs are silent together between two bursts, or while the encoder
 * is held back, and that is excused. One whose pictures do not come while another one's do is not.
 */
export class Silence {
  readonly #limits: Limits;
  /** The best one, which is the first, may give sound alone while the pictures pause. */
  readonly #outputs: readonly Output[];
  #newestPicture = Number.NEGATIVE_INFINITY;
  #deadline: number;

  constructor(outputs: number, limits: Limits, now: Milliseconds) {
    this.#limits = limits;
    this.#deadline = now + limits.first;
    this.#outputs = Array.from({ length: outputs }, () => ({
      picture: undefined,
      behindSince: undefined,
      suspectedAt: undefined,
    }));
  }

  /** Something has come. */
  note(number: number, { audioOnly }: { readonly audioOnly: boolean }, now: Milliseconds): void {
    this.excuse(now);
    if (audioOnly) return;
    this.#newestPicture = now;
    for (const [other, output] of this.#outputs.entries()) {
      if (other === number) Object.assign(output, { picture: now, ...LEVEL });
      else output.behindSince ??= now;
    }
  }

  /** Pictures have come, but none has for a while. */
  isStill(now: Milliseconds): boolean {
    const picture = this.#outputs[0]?.picture;
    return picture !== undefined && now - picture >= STILL_MS;
  }

  /** Nothing can be expected at present. */
  excuse(now: Milliseconds): void {
    this.#deadline = now + this.#limits.next;
  }

  /** The best output is held back, and the others may go on meanwhile. */
  excuseBest(now: Milliseconds): void {
    this.excuse(now);
    Object.assign(this.#outputs[0]!, LEVEL);
  }

  /** Called once a second or so. */
  at(now: Milliseconds): Silent | undefined {
    if (now >= this.#deadline) return 'source';
    for (const output of this.#outputs) {
      if (this.#isTooFarBehind(output)) output.suspectedAt ??= now;
    }
    const hung = this.#outputs.findIndex(
      ({ suspectedAt }) => suspectedAt !== undefined && now - suspectedAt >= SURE_AFTER_MS,
    );
    return hung < 0 ? undefined : hung;
  }

  #isTooFarBehind({ picture, behindSince = Number.POSITIVE_INFINITY }: Output): boolean {
    const limit = picture === undefined ? BEGINS_WITHIN_MS : this.#limits.next;
    return this.#newestPicture - behindSince >= limit;
  }
}

const LEVEL = { behindSince: undefined, suspectedAt: undefined } as const;
