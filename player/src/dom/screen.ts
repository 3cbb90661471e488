import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { Freezes, type Presented } from '../core/freezes.js';

/** If the last picture is older than this, it stands still. */
const STANDING_MS = 250;

/** Watches what a viewer sees: which picture is on the screen, and whether it moves. */
export class Screen {
  readonly #video: HTMLVideoElement;
  readonly #isWatched: () => boolean;
  readonly #freezes = new Freezes();
  #picture: Presented | undefined;
  #request: number | undefined;

  /** @param isLive whether the stream should be sending pictures */
  constructor(video: HTMLVideoElement, isLive: () => boolean) {
    this.#video = video;
    this.#isWatched = () => isLive() && !video.paused && !document.hidden;
    if ('requestVideoFrameCallback' in video) this.#watch();
  }

  /**
   * The place on the media timeline that is on the screen, and when it was there. We use `currentTime` only if no
   * presented picture is known, because it is up to a picture behind the screen.
   */
  get shown(): Presented {
    const now = Milliseconds.now();
    const picture = this.#isWatched() ? this.#picture : undefined;
    if (!picture) return { at: now, media: milliseconds(this.#video.currentTime * 1000) };
    return now - picture.at > STANDING_MS ? { ...picture, at: now } : picture;
  }

  /** How often the picture stood still while somebody could see it; undefined if the browser cannot tell. */
  get freezes(): number | undefined {
    if (!('requestVideoFrameCallback' in this.#video)) return undefined;
    this.#look();
    return this.#freezes.count;
  }

  /** Another media source, with a timeline of its own. */
  reset(): void {
    this.#picture = undefined;
  }

  close(): void {
    if (this.#request !== undefined) this.#video.cancelVideoFrameCallback(this.#request);
  }

  #look(): void {
    if (this.#isWatched()) this.#freezes.check(Milliseconds.now());
    else this.#freezes.excuse();
  }

  #watch(): void {
    this.#request = this.#video.requestVideoFrameCallback((_, { presentationTime, mediaTime }) => {
      this.#picture = { at: milliseconds(presentationTime), media: milliseconds(mediaTime * 1000) };
      if (this.#isWatched()) this.#freezes.presented(this.#picture);
      this.#watch();
    });
  }
}
