import { coded } from '@topicast/media/fmp4';
import { Rebuilds } from '../core/rebuild.js';
import type { Outlet } from '../mse/media-sink.js';
import type { FromPictures, ToPictures } from './messages.js';
import { PictureSink } from './picture-sink.js';

/** The way of the pictures in the worker: to a decoder of our own, until that fails. */
export class PictureRoute {
  readonly #post: (message: FromPictures) => void;
  #sink: PictureSink | undefined;
  #gaveUp = false;
  readonly #rebuilds = new Rebuilds();

  constructor(post: (message: FromPictures) => void) {
    this.#post = post;
  }

  /**
   * @param onAppended what came so far has been taken
   * @param onFailed called at most once: open it again. A damaged picture ends a decoder, and the next one goes on; if
   * too many end, the pictures have to go into a media source.
   * @returns undefined if that is where they go
   */
  open(media: number, onAppended: () => void, onFailed: (isDamage: boolean) => void): Outlet | undefined {
    const isFirst = this.#sink === undefined;
    this.#sink = undefined;
    if (this.#gaveUp) return undefined;
    this.#post({ type: 'track', media });
    this.#sink = new PictureSink(
      {
        onAppended,
        onFailed: (problem, isDamage) => {
          if (!isDamage || this.#rebuilds.plan() > 0) this.giveUp(problem);
          onFailed(isDamage);
        },
        onReport: (report) => this.#post({ type: 'pictures', media, report }),
      },
      isFirst,
    );
    return { sink: this.#sink, writer: coded };
  }

  pass(message: ToPictures): void {
    this.#sink?.receive(message);
  }

  /** From the next media on, the pictures go into a media source. */
  giveUp(because: string): void {
    if (this.#gaveUp) return;
    this.#gaveUp = true;
    this.#post({ type: 'pictures-failed', because });
  }
}
