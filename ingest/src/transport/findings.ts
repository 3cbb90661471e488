import type { Found } from '../doorkeeper.js';

const LOSING =
  'The network loses packets on the way from the encoder, so that pictures are missing: lower the bitrate of the encoder, or connect it by cable.';

type Kind = 'foreign sound' | 'extra picture' | 'extra sound';

/** What the encoder sends that cannot be passed on, in words that say what to change. */
export class Findings implements Found {
  /** Why nobody could see anything; the publisher is sent away with it. */
  refusal: string | undefined;
  damaged = 0;
  /** Packets are lost on the way at present. */
  isLosing = false;
  #lasting: readonly string[] = [];
  /** Of each kind, the first one is told: a publisher could think of names without end. */
  readonly #noted = new Set<Kind>();

  get notes(): readonly string[] {
    return this.isLosing ? [...this.#lasting, LOSING] : this.#lasting;
  }

  /** Said by whoever has made few of them. */
  note(words: string): void {
    this.#lasting = [...this.#lasting, words];
  }

  foreignPicture(codec: string): void {
    this.refusal ??= `The encoder sends its picture as ${codec}, which cannot be passed on: choose H.264 as its video encoder (HEVC passes too).`;
  }

  foreignSound(codec: string): void {
    this.#note(
      'foreign sound',
      `The encoder sends its sound as ${codec}, which is left out: choose AAC as its audio encoder (Opus passes too).`,
    );
  }

  extraTrack(kind: 'picture' | 'sound'): void {
    this.#note(
      `extra ${kind}`,
      `The encoder sends more than one ${kind === 'picture' ? 'picture' : 'track of sound'}: only the first one is passed on.`,
    );
  }

  #note(kind: Kind, words: string): void {
    if (this.#noted.has(kind)) return;
    this.#noted.add(kind);
    this.note(words);
  }
}
