import type { MediaFailure } from '../mse/media-sink.js';
import type { ToPage, ToWorker } from '../worker/messages.js';
import { loadMediaSources, loadPictureTrack } from './engines.js';
import { NoPace, type Pace } from './pace.js';
import type { MediaSources } from './page-mse.js';
import type { PictureTrack, PictureTrackParts } from './page-picture.js';
import type { PlayheadParts } from './playhead.js';
import { besideWorker } from './programs.js';
import type { WorkerHost } from './worker-host.js';

interface StageParts extends PlayheadParts, PictureTrackParts {
  readonly host: WorkerHost;
  readonly workerSrc: string | undefined;
  /** Another medium is in the element, played by this. */
  onChange(pictureIn: 'webcodecs' | 'mse'): void;
  /** The burst of a join is in the element. */
  onJoin(hasAudio: boolean): void;
}

/** What plays the picture; each of them is a script of its own. */
type Engine =
  | { readonly name: 'none'; readonly pace: Pace }
  /** Decodes in the worker. Media sources can follow, but not the other way round. */
  | { readonly name: 'track'; readonly pace: PictureTrack }
  | { readonly name: 'sources'; readonly pace: Pace; readonly sources: MediaSources };

/** What the video element plays: media sources, or a track of pictures that the worker decodes; and what moves it. */
export class Stage {
  readonly #parts: StageParts;
  #engine: Engine = { name: 'none', pace: new NoPace() };
  #script: typeof import('./page-mse.js') | undefined;
  /** See the worker's messages. */
  #medium: { readonly number: number; close(): void } | undefined;
  #closed = false;

  constructor(parts: StageParts) {
    this.#parts = parts;
  }

  get pace(): Pace {
    return this.#engine.pace;
  }

  get hasTrack(): boolean {
    return this.#engine.name === 'track';
  }

  /** @returns the address of the worker's part; undefined if there is no track */
  async openTrack(): Promise<string | undefined> {
    const script = await loadPictureTrack();
    if (!script?.canMakeTracks() || this.#closed) return undefined;
    const { workerSrc } = this.#parts;
    this.#engine = { name: 'track', pace: new script.PictureTrack(this.#parts) };
    return workerSrc ? besideWorker('picture.js', workerSrc) : script.pictureProgram();
  }

  /** @returns the address of the worker's part; undefined if there are no media sources */
  async openSources(): Promise<string | undefined> {
    this.#script = await loadMediaSources();
    const { workerSrc } = this.#parts;
    return this.#script && workerSrc ? besideWorker('mse.js', workerSrc) : this.#script?.mseProgram();
  }

  receive(message: Extract<ToPage, { readonly media: number }>): void {
    if (message.type === 'media') this.#attachSource(message.media, message.handle);
    else if (message.type === 'track') this.#attachTrack(message.media);
    else if (message.media === this.#medium?.number) this.#receive(message);
  }

  fail(failure: MediaFailure): void {
    this.#tell((media) => ({ type: 'media-failed', media, failure }));
  }

  /** Its pictures cannot be decoded: media sources follow, when their script is there. */
  giveUpTrack(): void {
    const { pace } = this.#engine;
    pace.expectJoin();
    pace.reset();
    this.#engine = { name: 'none', pace };
  }

  close(): void {
    this.#closed = true;
    this.#engine.pace.close();
    this.#medium?.close();
    // No media, no picture.
    const { video } = this.#parts;
    video.srcObject = null;
    video.removeAttribute('src');
    video.load();
  }

  /** About the present medium. */
  #tell(message: (media: number) => ToWorker): void {
    if (this.#medium) this.#parts.host.post(message(this.#medium.number));
  }

  /** About the present medium. */
  #receive(message: Exclude<Extract<ToPage, { readonly media: number }>, { type: 'media' | 'track' }>): void {
    const engine = this.#engine;
    if (message.type === 'joined') {
      const hasAudio = message.tracks.includes('audio');
      if (engine.name === 'sources') engine.sources.joined(hasAudio);
      else this.#parts.onJoin(hasAudio);
    } else if (message.type === 'pictures') {
      if (engine.name === 'track') engine.pace.receive(message.report);
    } else if (engine.name === 'sources') engine.sources.receive(message);
  }

  #attachSource(number: number, handle: MediaSourceHandle | undefined): void {
    const sources = this.#changeToSources();
    if (!sources) return;
    this.#detach();
    this.#parts.onChange('mse');
    this.#medium = { number, close: sources.attach(handle) };
  }

  #attachTrack(number: number): void {
    if (this.#engine.name !== 'track') return;
    this.#detach();
    this.#parts.onChange('webcodecs');
    const close = this.#engine.pace.attach((message, transfer) =>
      this.#parts.host.post({ type: 'pictures', media: number, message }, transfer),
    );
    this.#medium = { number, close };
  }

  #detach(): void {
    this.#medium?.close();
    this.pace.reset();
  }

  #changeToSources(): MediaSources | undefined {
    if (this.#engine.name === 'sources') return this.#engine.sources;
    if (!this.#script) return undefined;
    const { pace } = this.#engine;
    pace.close();
    const events = {
      onTaken: (bytes: number) => this.#tell((media) => ({ type: 'taken', media, bytes })),
      onJoin: (hasAudio: boolean) => this.#parts.onJoin(hasAudio),
      onFailed: (failure: MediaFailure) => this.fail(failure),
    };
    const sources = new this.#script.MediaSources(this.#parts, events, pace);
    this.#engine = { name: 'sources', pace: sources.playhead, sources };
    return sources;
  }
}
