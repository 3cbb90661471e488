import type { Catalog, Track } from '@topicast/contracts/catalog';
import type { Structure } from '@topicast/contracts/diagnosis';
import { Milliseconds } from '@topicast/contracts/units';
import type { NewRecord } from '@topicast/log';
import { Meter } from './meter.js';

/** What a session offers: its renditions with their tracks, as far as its chunks have shown them. */
export class SessionCatalog {
  readonly #session: number;
  #meters: readonly Meter[];
  #tracks: (readonly Track[])[];
  readonly #seen = new Set<number>();

  constructor(session: number, renditions: number) {
    this.#session = session;
    this.#meters = Array.from({ length: renditions }, () => new Meter());
    this.#tracks = Array.from({ length: renditions }, () => []);
  }

  /** The lower renditions begin anew. */
  changeRenditions(renditions: number): void {
    const lower = Array.from({ length: renditions - 1 }, (_, index) => index + 1);
    this.#meters = [...this.#meters.slice(0, 1), ...lower.map(() => new Meter())];
    this.#tracks = [...this.#tracks.slice(0, 1), ...lower.map(() => [])];
    for (const rendition of this.#seen) if (rendition > 0) this.#seen.delete(rendition);
  }

  /** The lower renditions are those of the session before, whose encoder goes on. */
  goOnFrom(before: SessionCatalog): void {
    this.changeRenditions(before.#meters.length);
    this.#tracks = [...this.#tracks.slice(0, 1), ...before.#tracks.slice(1)];
    for (const rendition of before.#seen) if (rendition > 0) this.#seen.add(rendition);
  }

  noteTracks(rendition: number, tracks: readonly Track[]): void {
    this.#tracks[rendition] = tracks;
  }

  noteRecord(rendition: number, { header, value }: NewRecord): void {
    this.#seen.add(rendition);
    this.#meters[rendition]?.add({ ...header, data: value }, Milliseconds.now());
  }

  /** What it has. */
  get kinds(): readonly Track['kind'][] {
    return this.#tracks.flat().map(({ kind }) => kind);
  }

  /** Every rendition has begun. */
  get isComplete(): boolean {
    return this.#seen.size === this.#meters.length;
  }

  get catalog(): Catalog {
    // All but the video comes beside the best rendition, and is the same in all.
    const shared = (this.#tracks[0] ?? []).filter(({ kind }) => kind !== 'video');
    return {
      session: this.#session,
      renditions: this.#meters.flatMap(({ bitrate, frameRate }, rendition) => {
        // A lower one that has not begun is not there for viewers.
        if (rendition > 0 && !this.#seen.has(rendition)) return [];
        const video = (this.#tracks[rendition] ?? [])
          .filter((track) => track.kind === 'video')
          .map((track) => ({ ...track, frameRate: frameRate ?? track.frameRate }));
        return [{ rendition, bitrate, tracks: [...video, ...shared] }];
      }),
    };
  }

  /** Of the best rendition. */
  get structure(): Structure | undefined {
    return this.#meters[0]?.structure;
  }

  /** What makes a stream that is not encoded here worse than one that is, one sentence each. */
  get copyWarnings(): readonly string[] {
    return this.#meters[0]?.warnings ?? [];
  }
}
