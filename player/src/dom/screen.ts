import type { StreamState } from '@topicast/contracts/server-message';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { Freezes, type Presented } from '../core/freezes.js';
import { ScreenDelay } from '../core/screen-delay.js';
import type { Pace, PictureTime } from './pace.js';

/** If the last picture is older than this, it stands still. */
const STANDING_MS = 250;
/** The delay of the screen changes with its refresh, by up to 16 ms from picture to picture: the median of these. */
const LAGS = 31;
/** A picture that was shown later than this says nothing about those that follow. */
const MOST_LAG_S = 0.1;

/** Watches what a viewer sees: which picture is on the screen, and whether it moves. */
export class Screen {
  readonly #video: HTMLVideoElement;
  readonly #pace: () => Pace;
  readonly #stream: () => StreamState | undefined;
  readonly #freezes = new Freezes();
  readonly #delay = new ScreenDelay();
  #picture: Presented | undefined;
  #timeOffset: number | undefined;
  #lags: readonly number[] = [];
  #request: number | undefined;

  /**
   * @param stream whether it should be sending pictures; undefined where it is played without them
   * @param pace of the engine that plays
   */
  constructor(video: HTMLVideoElement, stream: () => StreamState | undefined, pace: () => Pace) {
    this.#video = video;
    this.#pace = pace;
    this.#stream = stream;
    if ('requestVideoFrameCallback' in video) this.#watch();
  }

  /**
   * The place on the media timeline that is on the screen, and when it was there. We use `currentTime` only if no
   * presented picture is known, because it is up to a picture behind the screen, and of a track it does not stop.
   */
  get shown(): Presented {
    const now = Milliseconds.now();
    const picture = document.hidden || !this.#stream() ? undefined : this.#picture;
    if (!picture) return { at: now, media: this.#mediaAt(now) };
    return now - picture.at > STANDING_MS ? { ...picture, at: now } : picture;
  }

  /**
   * The same between pictures. The engine's place runs evenly, but not in step with the screen. For each picture, the
   * browser tells when it will be seen, and that gives the difference.
   */
  get place(): PictureTime | undefined {
    const { place } = this.#pace();
    return place && { ...place, media: place.media - this.#lag };
  }

  /** How much later than its turn a picture is on the screen; undefined while too few have been seen. */
  get lag(): Milliseconds | undefined {
    return this.#lags.length < LAGS ? undefined : milliseconds(this.#lag * 1000);
  }

  get #lag(): number {
    return [...this.#lags].sort((a, b) => a - b)[this.#lags.length >> 1] ?? 0;
  }

  /** How often the picture stood still while somebody could see it; undefined if the browser cannot tell. */
  get freezes(): number | undefined {
    if (!('requestVideoFrameCallback' in this.#video)) return undefined;
    this.look();
    return this.#freezes.count;
  }

  /** The video element's time minus that of the media timeline, in seconds; undefined while that is not known. */
  readonly timeOffset = (): number | undefined => {
    const { shownAt } = this.#pace();
    if (!shownAt) return 0;
    return shownAt(Milliseconds.now()) === undefined ? undefined : this.#timeOffset;
  };

  /** From a picture's turn in the buffer to the screen. */
  get delay(): Milliseconds {
    return this.#delay.mean;
  }

  /** Another media source, with a timeline of its own. */
  reset(): void {
    this.#picture = undefined;
    this.#delay.reset();
  }

  close(): void {
    if (this.#request !== undefined) this.#video.cancelVideoFrameCallback(this.#request);
  }

  /** Call this when the page is hidden or seen, and from time to time. */
  look(): void {
    if (this.#isWatched) this.#freezes.check(Milliseconds.now());
    else this.#freezes.excuse();
  }

  #watch(): void {
    this.#request = this.#video.requestVideoFrameCallback((_, metadata) => {
      const at = milliseconds(metadata.presentationTime);
      const { shownAt } = this.#pace();
      const media = shownAt ? shownAt(at) : milliseconds(metadata.mediaTime * 1000);
      if (media !== undefined) this.#onPicture({ at, media }, metadata);
      this.#watch();
    });
  }

  #onPicture(picture: Presented, metadata: VideoFrameCallbackMetadata): void {
    this.#picture = picture;
    this.#timeOffset = this.#video.currentTime - picture.media / 1000;
    if (this.#isWatched) this.#freezes.presented(picture);
    this.#compare(metadata, picture.media / 1000);
  }

  get #isWatched(): boolean {
    return this.#stream() === 'live' && !this.#video.paused && !document.hidden;
  }

  #mediaAt(time: Milliseconds): Milliseconds {
    return this.#pace().shownAt?.(time) ?? milliseconds(this.#video.currentTime * 1000);
  }

  /** With what the engine plays. */
  #compare(shown: VideoFrameCallbackMetadata, mediaTime: number): void {
    const { presentationTime, expectedDisplayTime, processingDuration = 0 } = shown;
    const { place } = this.#pace();
    if (!place) return;
    const since = ((place.media - mediaTime) * 1000) / place.rate - place.at;
    this.#delay.add({
      decoding: milliseconds(processingDuration * 1000),
      late: milliseconds(since + presentationTime),
    });
    const lag = ((since + expectedDisplayTime) * place.rate) / 1000;
    // Around a seek, a picture from before it can still be shown.
    if (Math.abs(lag) < MOST_LAG_S) this.#lags = [...this.#lags, lag].slice(-LAGS);
  }
}
