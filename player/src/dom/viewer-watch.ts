import type { ViewerLimits } from '../core/rung.js';
import type { PlayerLimits } from '../core/types.js';
import type { ViewerFacts } from '../worker/adaptation.js';
import type { PictureCounts } from './report.js';

/** A picture that becomes smaller has to stay so for some seconds. */
const KEPT_LOOKS = 5;
/** More pixels than that in the same place nobody sees. */
const MOST_PIXEL_RATIO = 2;
const LEAST_PICTURES = 10;
const DROPPED_WEIGHT = 0.3;

/** What the page knows that matters for the choice of a rendition. Have it look about once a second. */
export class ViewerWatch {
  readonly #video: HTMLVideoElement;
  #boxes: ViewerLimits['box'][] = [];
  #before: PictureCounts = { decoded: 0, dropped: 0 };
  #dropped = 0;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    this.look(this.#before);
  }

  look(all: PictureCounts): void {
    this.#boxes = [this.#box, ...this.#boxes].slice(0, KEPT_LOOKS);
    const decoded = all.decoded - this.#before.decoded;
    const dropped = all.dropped - this.#before.dropped;
    this.#before = all;
    if (document.hidden || decoded < LEAST_PICTURES) return;
    this.#dropped += (dropped / decoded - this.#dropped) * DROPPED_WEIGHT;
  }

  factsFor({ maxHeight, maxBitrate }: PlayerLimits): ViewerFacts {
    const box = this.#boxes.every((each) => each !== undefined)
      ? this.#boxes.reduce((a, b) => (b!.width * b!.height > a!.width * a!.height ? b : a))
      : undefined;
    return { limits: { box, maxHeight, maxBitrate, saveData: savesData() }, dropped: this.#dropped };
  }

  /** Undefined if the picture decides about its place, and not the page. */
  get #box(): ViewerLimits['box'] {
    const { clientWidth: width, clientHeight: height, videoWidth, videoHeight } = this.#video;
    // Before it knows its media, its height says nothing where the page gives only the width, and vice versa.
    if (!videoWidth || (width === videoWidth && height === videoHeight)) return undefined;
    const ratio = Math.min(devicePixelRatio, MOST_PIXEL_RATIO);
    return width && height ? { width: width * ratio, height: height * ratio } : undefined;
  }
}

/** Not in every browser, and not in the declarations. */
const savesData = (): boolean =>
  (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
