import { Milliseconds } from '@topicast/contracts/units';
import type { Surroundings } from '../core/interruption.js';

/** Of a media element: it does not know its media. */
const HAVE_NOTHING = 0;

/** Knows what happens around a video element: to its page, its place on the page, and its sound. */
export class SurroundingsWatch {
  readonly #video: HTMLVideoElement;
  readonly #listening = new AbortController();
  readonly #sight: IntersectionObserver | undefined;
  #isFrozen = false;
  #isOutOfSight = false;
  #wasConnected = false;
  #windowEndedAt: Milliseconds | undefined;

  /**
   * @param onFreeze the page is about to stand still
   * @param onChange look again
   */
  constructor(
    video: HTMLVideoElement,
    { onFreeze, onChange }: { readonly onFreeze: () => void; readonly onChange: () => void },
  ) {
    this.#video = video;
    const { signal } = this.#listening;
    const freeze = (): void => {
      this.#isFrozen = true;
      onFreeze();
    };
    const thaw = (): void => {
      this.#isFrozen = false;
      onChange();
    };
    // Chromium alone has freeze and resume; the back/forward cache of all browsers fires the other two.
    document.addEventListener('freeze', freeze, { signal });
    document.addEventListener('resume', thaw, { signal });
    addEventListener('pagehide', ({ persisted }) => persisted && freeze(), { signal });
    addEventListener('pageshow', ({ persisted }) => persisted && thaw(), { signal });
    document.addEventListener('visibilitychange', onChange, { signal });
    video.addEventListener('volumechange', onChange, { signal });
    video.addEventListener('enterpictureinpicture', onChange, { signal });
    video.addEventListener(
      'leavepictureinpicture',
      () => {
        this.#windowEndedAt = Milliseconds.now();
        onChange();
      },
      { signal },
    );
    if (typeof IntersectionObserver === 'undefined') return;
    this.#sight = new IntersectionObserver((entries) => {
      const entry = entries.at(-1);
      if (!entry) return;
      // A video without a box may be the source of a canvas or of WebGL, which somebody sees.
      const { width, height } = entry.boundingClientRect;
      this.#isOutOfSight = !entry.isIntersecting && width > 0 && height > 0;
      onChange();
    });
    this.#sight.observe(video);
  }

  /** @param hasSound whether the stream has any */
  now(hasSound: boolean): Surroundings {
    const { isConnected, muted, volume, ended, error, readyState } = this.#video;
    this.#wasConnected ||= isConnected;
    return {
      isFrozen: this.#isFrozen,
      isRemoved: this.#wasConnected && !isConnected,
      isHidden: document.hidden,
      isOutOfSight: this.#isOutOfSight,
      isInWindow: this.#isInWindow(),
      isOver: ended || error !== null || readyState === HAVE_NOTHING,
      isSilent: !hasSound || muted || volume === 0,
    };
  }

  /** When picture in picture ended last; undefined if it never did. */
  get windowEndedAt(): Milliseconds | undefined {
    return this.#windowEndedAt;
  }

  close(): void {
    this.#listening.abort();
    this.#sight?.disconnect();
  }

  #isInWindow(): boolean {
    const root = this.#video.getRootNode();
    return 'pictureInPictureElement' in root && root.pictureInPictureElement === this.#video;
  }
}
