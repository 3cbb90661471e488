import { mp4 } from '@topicast/media/fmp4';
import type { MediaFailure, Outlet } from './media-sink.js';
import type { FromSources } from './messages.js';
import { openWorkerMedia } from './open-media.js';
import { PageSink } from './page-sink.js';

interface SourceEvents {
  /** What came so far has been appended, or has been sent to the page. */
  onAppended(): void;
  onFailed(failure: MediaFailure): void;
  /** The next media have to begin at a keyframe. */
  onOver(): void;
}

/** The way of the media in the worker: to one media source after another, here or on the page. */
export class SourceRoute {
  readonly #mediaIn: 'worker' | 'page';
  readonly #post: (message: FromSources, transfer: Transferable[]) => void;
  #page: PageSink | undefined;

  constructor(mediaIn: 'worker' | 'page', post: (message: FromSources, transfer: Transferable[]) => void) {
    this.#mediaIn = mediaIn;
    this.#post = post;
  }

  open(media: number, { onAppended, onFailed, onOver }: SourceEvents): Outlet {
    if (this.#mediaIn === 'page') {
      this.#post({ type: 'media', media, handle: undefined }, []);
      this.#page = new PageSink(media, this.#post, { onAppended, onOver });
      return { sink: this.#page, writer: mp4 };
    }
    const { handle, sink } = openWorkerMedia({
      onAppended: (edge) => {
        this.#post({ type: 'edge', media, edge }, []);
        onAppended();
      },
      onFailed,
    });
    this.#post({ type: 'media', media, handle }, [handle]);
    return { sink, writer: mp4 };
  }

  /** The page has taken this much of what was sent to it. */
  taken(bytes: number): void {
    this.#page?.taken(bytes);
  }
}
