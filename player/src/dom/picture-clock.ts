/** Which media time the screen shows at the time `at` of `performance.now()`, and at which rate it continues. */
export interface PictureTime {
  /** Seconds on the media timeline. */
  readonly media: number;
  readonly at: number;
  readonly rate: number;
}

/** If the playhead has not moved for this long, it stands still. */
const STANDING_MS = 80;
/** The delay of the screen changes with its refresh, by up to 16 ms from picture to picture: the median of these. */
const LAGS = 31;
/** A picture that was shown later than this says nothing about those that follow. */
const MOST_LAG_S = 0.1;

/**
 * Tells which media time is on the screen. `currentTime` runs evenly, but not in step with the screen. For each picture,
 * the browser tells when it will be seen (HTMLVideoElement.requestVideoFrameCallback), and that gives the difference.
 */
export class PictureClock {
  readonly #video: HTMLVideoElement;
  #lags: readonly number[] = [];
  #moved: { readonly media: number; readonly at: number } | undefined;
  #closed = false;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    this.#watch();
  }

  /** Undefined if the picture stands still, or is about to jump. */
  read(): PictureTime | undefined {
    const { paused, seeking, readyState, currentTime: media, playbackRate: rate } = this.#video;
    if (paused || seeking || readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      this.#moved = undefined;
      return undefined;
    }
    const at = performance.now();
    if (media !== this.#moved?.media) this.#moved = { media, at };
    if (at - this.#moved.at > STANDING_MS) return undefined;
    return { media: media - this.#lag, at: this.#moved.at, rate };
  }

  close(): void {
    this.#closed = true;
  }

  get #lag(): number {
    return [...this.#lags].sort((a, b) => a - b)[this.#lags.length >> 1] ?? 0;
  }

  #watch(): void {
    this.#video.requestVideoFrameCallback?.((_, { mediaTime, expectedDisplayTime }) => {
      if (this.#closed) return;
      const { currentTime, playbackRate, seeking } = this.#video;
      const ahead = ((expectedDisplayTime - performance.now()) / 1000) * playbackRate;
      const lag = currentTime + ahead - mediaTime;
      // Around a seek, a picture from before it can still be shown.
      if (!seeking && Math.abs(lag) < MOST_LAG_S) this.#lags = [...this.#lags, lag].slice(-LAGS);
      this.#watch();
    });
  }
}
