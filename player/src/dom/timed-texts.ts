import type { TimedText } from '@topicast/media/text';

/** Half a minute of captions. */
const MAX_WAITING = 900;

/** Hands captions and timed ID3 to the text tracks, whose script is loaded when the first of them arrives. */
export class TimedTexts {
  /** Messages that were not shown: more than may wait, or the script did not load. */
  dropped = 0;
  readonly #video: HTMLVideoElement;
  #script: Promise<typeof import('./text-tracks.js') | undefined> | undefined;
  #waiting = 0;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  /** @param timeOffset see `Screen` */
  async show(texts: readonly TimedText[], timeOffset: () => number | undefined): Promise<void> {
    this.#script ??= import('./text-tracks.js').catch((error) => void console.warn('No captions:', error));
    if (this.#waiting === MAX_WAITING) {
      this.dropped++;
      return;
    }
    this.#waiting++;
    const script = await this.#script;
    this.#waiting--;
    if (script) script.showTexts(this.#video, texts, timeOffset);
    else this.dropped++;
  }
}
