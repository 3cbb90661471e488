import { type Catalog, tracksOf } from '@topicast/contracts/catalog';
import { milliseconds } from '@topicast/contracts/units';
import type { NewRecord } from '@topicast/log';
import type { StreamFormat } from '@topicast/media/mpegts';
import { Meter } from './meter.js';

/** What a session offers: its renditions with their tracks, as far as its chunks have shown them. */
export class SessionCatalog {
  readonly #meters: readonly Meter[];
  readonly #formats: StreamFormat[];
  readonly #seen = new Set<number>();

  constructor(
    private readonly session: number,
    renditions: number,
  ) {
    this.#meters = Array.from({ length: renditions }, () => new Meter());
    this.#formats = Array.from({ length: renditions }, () => ({}));
  }

  noteFormat(rendition: number, format: StreamFormat): void {
    this.#formats[rendition] = format;
  }

  noteRecord(rendition: number, { header, value }: NewRecord): void {
    this.#seen.add(rendition);
    this.#meters[rendition]?.add({ ...header, data: value }, milliseconds(performance.now()));
  }

  /** Every rendition has begun. */
  get isComplete(): boolean {
    return this.#seen.size === this.#meters.length;
  }

  get catalog(): Catalog {
    // Sound comes with the best rendition, and is the same in all.
    const audio = this.#formats[0]?.audio;
    return {
      session: this.session,
      renditions: this.#meters.map(({ bitrate, frameRate }, rendition) => {
        const video = this.#formats[rendition]?.video;
        const measured = frameRate ?? video?.frameRate;
        return {
          rendition,
          bitrate,
          tracks: tracksOf({ video: video && { ...video, frameRate: measured }, audio }),
        };
      }),
    };
  }

  /** What makes a stream that is not encoded here worse than one that is. */
  get copyWarning(): string | undefined {
    return this.#meters[0]?.warning;
  }
}
