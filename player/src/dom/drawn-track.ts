import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Presented } from '../core/freezes.js';

/** A picture is on the screen this long after it was drawn, or later: with the next refresh, which the browser composes. */
const LEAST_MS = 5;
/** Half a second of fast pictures; the one on the screen is among them. */
const KEPT = 30;

const PROBE = [200, 100, 50];
const OPAQUE = 255;
/** Some browsers add a little noise to what pages read. */
const MOST_NOISE = 8;

/**
 * A track of pictures that are drawn on a canvas, for a browser that makes tracks from nothing else (Firefox). Its own
 * times say nothing about the media timeline.
 */
export class DrawnTrack {
  readonly track: MediaStreamTrack;
  /** Takes the pictures, and closes them. */
  readonly writable: WritableStream<VideoFrame>;
  readonly #context: CanvasRenderingContext2D;
  count = 0;
  /** The newest last. */
  #drawn: Presented[] = [];

  /** A browser that hides who it is captures something else than what was drawn, and reads something else from it. */
  static isPossible(): boolean {
    try {
      const { track, context } = captured();
      track.stop();
      context.fillStyle = `rgb(${PROBE.join()})`;
      context.fillRect(0, 0, 8, 8);
      const { data } = context.getImageData(0, 0, 8, 8);
      return data.every((value, i) => Math.abs(value - (PROBE[i % 4] ?? OPAQUE)) <= MOST_NOISE);
    } catch {
      return false;
    }
  }

  constructor() {
    const { track, context } = captured();
    this.track = track;
    this.#context = context;
    this.writable = new WritableStream({ write: (picture) => this.#draw(picture) });
  }

  /** The place on the media timeline that is on the screen at this time. */
  mediaAt(time: Milliseconds): Milliseconds | undefined {
    return this.#drawn.findLast(({ at }) => at <= time - LEAST_MS)?.media;
  }

  /** The picture that stands is not one of those that come. */
  forget(): void {
    this.#drawn = [];
  }

  #draw(picture: VideoFrame): void {
    const { canvas } = this.#context;
    const { displayWidth, displayHeight, timestamp } = picture;
    try {
      // It would become black.
      if (canvas.width !== displayWidth) canvas.width = displayWidth;
      if (canvas.height !== displayHeight) canvas.height = displayHeight;
      this.#context.drawImage(picture, 0, 0, displayWidth, displayHeight);
    } finally {
      picture.close();
    }
    this.count += 1;
    this.#drawn = [...this.#drawn, { at: Milliseconds.now(), media: milliseconds(timestamp / 1000) }].slice(
      -KEPT,
    );
  }
}

function captured(): { readonly track: MediaStreamTrack; readonly context: CanvasRenderingContext2D } {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { alpha: false })!;
  return { track: canvas.captureStream().getVideoTracks()[0]!, context };
}
