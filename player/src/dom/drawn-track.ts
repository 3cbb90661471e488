import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Presented } from '../core/freezes.js';

/** A picture is on the screen this long after it was drawn, or later: with the next refresh, which the browser composes. */
const LEAST_MS = 5;
/** Half a second of fast pictures; the one on the screen is among them. */
const KEPT = 30;

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

  constructor() {
    const canvas = document.createElement('canvas');
    this.#context = canvas.getContext('2d', { alpha: false })!;
    this.track = canvas.captureStream().getVideoTracks()[0]!;
    this.writable = new WritableStream({ write: (picture) => this.#draw(picture) });
  }

  /** The place on the media timeline that is on the screen at this time. */
  mediaAt(time: Milliseconds): Milliseconds | undefined {
    return this.#drawn.findLast(({ at }) => at <= time - LEAST_MS)?.media;
  }

  #draw(picture: VideoFrame): void {
    const { canvas } = this.#context;
    const { displayWidth, displayHeight, timestamp } = picture;
    // It would become black.
    if (canvas.width !== displayWidth) canvas.width = displayWidth;
    if (canvas.height !== displayHeight) canvas.height = displayHeight;
    this.#context.drawImage(picture, 0, 0, displayWidth, displayHeight);
    picture.close();
    this.count += 1;
    this.#drawn = [...this.#drawn, { at: Milliseconds.now(), media: milliseconds(timestamp / 1000) }].slice(
      -KEPT,
    );
  }
}
