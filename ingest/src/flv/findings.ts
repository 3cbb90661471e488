import type { Found } from '../doorkeeper.js';

/** What the encoder sends that cannot be passed on, in words that say what to change. */
export class Findings implements Found {
  /** Why nobody could see anything; the publisher is sent away with it. */
  refusal: string | undefined;
  damaged = 0;
  readonly #notes = new Set<string>();

  get notes(): readonly string[] {
    return [...this.#notes];
  }

  foreignPicture(codec: string): void {
    this.refusal ??= `The encoder sends its picture as ${codec}, which cannot be passed on: choose H.264 as its video encoder (HEVC passes too).`;
  }

  foreignSound(codec: string): void {
    this.#notes.add(
      `The encoder sends its sound as ${codec}, which is left out: choose AAC as its audio encoder (Opus passes too).`,
    );
  }

  extraTrack(kind: 'picture' | 'sound'): void {
    this.#notes.add(
      `The encoder sends more than one ${kind === 'picture' ? 'picture' : 'track of sound'}: only the first one is passed on.`,
    );
  }
}
