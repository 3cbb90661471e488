import type { MediaFailure } from '../mse/media-sink.js';
import type { FromSources } from '../mse/messages.js';
import { AttachedMedia } from './attached-media.js';
import type { Tallies } from './pace.js';
import { Playhead, type PlayheadParts } from './playhead.js';

/** The worker's part as text, which the bundler puts in. */
declare const TOPICAST_MSE_SOURCE: string;

let address: string | undefined;

/** Where the workers of all players find it. */
export function mseProgram(): string {
  address ??= URL.createObjectURL(new Blob([TOPICAST_MSE_SOURCE], { type: 'text/javascript' }));
  return address;
}

export interface MediaSourcesEvents {
  /** Of what the worker has sent for a media source on the page. */
  onTaken(bytes: number): void;
  /** The burst of a join is in the element. */
  onJoin(hasAudio: boolean): void;
  onFailed(failure: MediaFailure): void;
}

/** The page's part of media sources: puts one after another into the video element, and moves the playhead. */
export class MediaSources {
  readonly playhead: Playhead;
  readonly #video: HTMLVideoElement;
  readonly #events: MediaSourcesEvents;
  #media: AttachedMedia | undefined;
  /** The burst has been sent, but is not in the source buffers of the page yet. */
  #joining: { readonly hasAudio: boolean } | undefined;

  /** @param before what played before */
  constructor(parts: PlayheadParts, events: MediaSourcesEvents, before: Tallies) {
    this.#video = parts.video;
    this.#events = events;
    this.playhead = new Playhead(parts, before);
  }

  /** Puts a new media source into the video element. @returns what takes it out of use */
  attach(handle: MediaSourceHandle | undefined): () => void {
    this.#joining = undefined;
    const media = new AttachedMedia(this.#video, handle, {
      onAppended: (edge) => {
        this.playhead.setEdge(edge);
        if (this.#joining) this.#join(this.#joining.hasAudio);
      },
      onFailed: (failure) => this.#events.onFailed(failure),
    });
    this.#media = media;
    return () => media.close();
  }

  /** About the present media source. */
  receive(message: Exclude<FromSources, { type: 'media' }>): void {
    if (message.type === 'edge') this.playhead.setEdge(message.edge);
    else this.#events.onTaken(this.#media?.append(message.fragments) ?? 0);
  }

  /** The worker has given the burst of a join. */
  joined(hasAudio: boolean): void {
    if (this.#media?.isOnPage) this.#joining = { hasAudio };
    else this.#join(hasAudio);
  }

  #join(hasAudio: boolean): void {
    this.#joining = undefined;
    this.#events.onJoin(hasAudio);
  }
}
