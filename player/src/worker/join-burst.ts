import { Milliseconds } from '@topicast/contracts/units';
import type { Fragment, TrackKind } from '@topicast/media/fmp4';

/** The burst comes back to back; after this long without a message it is over. */
const QUIET_MS = 8;
/** A busy machine also pauses. If the newest chunk is known to be old, wait for more, up to this long. */
const LONGEST_MS = 120;
/** If an announced track does not come by then, continue without it. */
const MISSING_TRACK_MS = 1_000;

/**
 * Collects everything from the keyframe to the live edge, so that it goes into each source buffer in one append. The
 * browser then decodes it at once, and shows a picture after tens of milliseconds instead of hundreds.
 */
export class JoinBurst {
  /**
   * Media Source Extensions want all source buffers before the first init segment is parsed, and the first sound may come
   * a few chunks after the first picture.
   */
  readonly #announced: readonly TrackKind[];
  /** Whether the newest chunk is of the live edge; unknown before the clocks have been compared. */
  readonly #isLive: () => boolean | undefined;
  readonly #onComplete: (fragments: readonly Fragment[], tracks: ReadonlySet<TrackKind>) => void;
  #fragments: Fragment[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #startedAt = Milliseconds.now();
  #completeAt: Milliseconds | undefined;
  readonly #tracks = new Set<TrackKind>();

  constructor(
    announced: readonly TrackKind[],
    isLive: () => boolean | undefined,
    onComplete: (fragments: readonly Fragment[], tracks: ReadonlySet<TrackKind>) => void,
  ) {
    this.#announced = announced;
    this.#isLive = isLive;
    this.#onComplete = onComplete;
  }

  add(fragments: readonly Fragment[]): void {
    const now = Milliseconds.now();
    for (const fragment of fragments) {
      this.#fragments.push(fragment);
      this.#tracks.add(fragment.track);
    }
    if (this.#hasAllTracks()) this.#completeAt ??= now;
    const wait =
      this.#completeAt === undefined
        ? this.#startedAt + MISSING_TRACK_MS - now
        : Math.min(this.#isLive() === false ? LONGEST_MS : QUIET_MS, this.#completeAt + LONGEST_MS - now);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#complete, Math.max(0, wait));
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  #hasAllTracks(): boolean {
    return this.#announced.every((kind) => this.#tracks.has(kind));
  }

  readonly #complete = (): void => {
    if (this.#tracks.size > 0) this.#onComplete(this.#fragments, this.#tracks);
  };
}
