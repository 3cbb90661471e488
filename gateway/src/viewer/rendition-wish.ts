import type { ChunkSource } from '../stream/chunk-source.js';
import type { RenditionRefusal } from '../stream/renditions.js';
import type { Subscriber } from '../stream/subscriber.js';

/** Opens a rendition of the viewer's stream. */
export type OpenRendition = (rendition: number) => Promise<ChunkSource | RenditionRefusal>;

type State =
  | { readonly kind: 'none' }
  | { readonly kind: 'opening'; readonly rendition: number }
  /** Our subscription holds it open until the viewer changes over. */
  | { readonly kind: 'open'; readonly rendition: number; readonly source: ChunkSource };

/** The other rendition that a viewer wants: it is opened, and kept open while the viewer waits for its keyframe. */
export class RenditionWish {
  readonly #open: OpenRendition;
  /** Hears of chunks of the wanted rendition, and that there will be none. */
  readonly #subscriber: Subscriber;
  #state: State = { kind: 'none' };

  constructor(open: OpenRendition, subscriber: Subscriber) {
    this.#open = open;
    this.#subscriber = subscriber;
  }

  get rendition(): number | undefined {
    return this.#state.kind === 'none' ? undefined : this.#state.rendition;
  }

  /** Resolves with the source, or undefined if there is none; never resolves if another wish came in between. */
  async ask(rendition: number, answer: (source: ChunkSource | undefined) => void): Promise<void> {
    this.drop();
    const opening: State = { kind: 'opening', rendition };
    this.#state = opening;
    const source = await this.#open(rendition);
    if (this.#state !== opening) return;
    if (typeof source === 'string') {
      this.#state = { kind: 'none' };
      answer(undefined);
      return;
    }
    this.#state = { kind: 'open', rendition, source };
    source.subscribe(this.#subscriber);
    answer(source);
  }

  /** The source now belongs to the viewer; the caller must subscribe at once. */
  take(): ChunkSource | undefined {
    const source = this.#state.kind === 'open' ? this.#state.source : undefined;
    this.drop();
    return source;
  }

  drop(): void {
    if (this.#state.kind === 'open') this.#state.source.unsubscribe(this.#subscriber);
    this.#state = { kind: 'none' };
  }
}
