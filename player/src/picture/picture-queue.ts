import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { decideRelease, type MediaClock } from '../core/release.js';

/** Before there is a clock, only the newest pictures are of interest, but to a group that is further behind. */
export const KEPT_WITHOUT_CLOCK = 2;

interface PictureQueueParts {
  readonly clock: () => MediaClock | undefined;
  /** Of the next picture that is still to be decoded. */
  readonly coming: () => Milliseconds | undefined;
  /** Before there is a clock; the decoder stops when there are enough. */
  readonly keepsAll: () => boolean;
  /** The taker closes it. */
  readonly show: (picture: VideoFrame) => void;
  /** So many were closed without being shown. */
  readonly onSkipped: (count: number) => void;
  /** There is room for more. */
  readonly onTaken: () => void;
}

/** Decoded pictures that wait for their time. Each one is closed here or shown. */
export class PictureQueue {
  releasedAt = Milliseconds.never;
  readonly #parts: PictureQueueParts;
  #pictures: VideoFrame[] = [];
  /** The timestamp of the newest picture that was shown. */
  #shown = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: PictureQueueParts) {
    this.#parts = parts;
  }

  get length(): number {
    return this.#pictures.length;
  }

  add(picture: VideoFrame): void {
    if (picture.timestamp <= this.#shown) {
      picture.close();
      this.#parts.onSkipped(1);
      return;
    }
    const later = this.#pictures.findIndex(({ timestamp }) => timestamp > picture.timestamp);
    this.#pictures.splice(later < 0 ? this.#pictures.length : later, 0, picture);
    this.release();
  }

  /** Show what is due now, and come back when the next one is. */
  readonly release = (): void => {
    clearTimeout(this.#timer);
    const clock = this.#parts.clock();
    if (!clock) {
      if (!this.#parts.keepsAll()) this.#skip(this.#pictures.length - KEPT_WITHOUT_CLOCK);
      return;
    }
    const now = Milliseconds.now();
    const { skip, show, next } = decideRelease({
      ...{ now, clock, coming: this.#parts.coming(), releasedAt: this.releasedAt },
      decoded: this.#pictures.map(({ timestamp }) => milliseconds(timestamp / 1000)),
    });
    this.#skip(skip);
    const picture = show && this.#pictures.shift();
    if (picture) {
      this.releasedAt = now;
      this.#shown = picture.timestamp;
      this.#parts.show(picture);
    }
    if (next !== undefined) this.#timer = setTimeout(this.release, Math.max(0, next - now));
    if (skip > 0 || picture) this.#parts.onTaken();
  };

  clear(): void {
    clearTimeout(this.#timer);
    this.#skip(this.#pictures.length);
  }

  #skip(count: number): void {
    if (count <= 0) return;
    for (const picture of this.#pictures.splice(0, count)) picture.close();
    this.#parts.onSkipped(count);
  }
}
