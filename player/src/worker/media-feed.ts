import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { Milliseconds, Seconds, seconds } from '@topicast/contracts/units';
import { type Fragment, type TrackKind, Transmuxer } from '@topicast/media/fmp4';
import type { Entry } from '../core/continuity.js';
import { anchorOf, type TimelineAnchor } from '../core/timeline.js';
import { type MediaFailure, type MediaSink, OTHER_TRACKS } from '../mse/media-sink.js';
import { JoinBurst } from './join-burst.js';

const ANCHOR_PERIOD_MS = 1_000;
/**
 * Sound that ends less than this after the sound that is already there is the same sound, because encoders round times
 * differently.
 */
const SAME_SOUND = seconds(0.005);

export interface MediaFeedEvents {
  /** Whether the newest chunk is at the live edge; unknown before the clocks have been compared. */
  readonly isLive: () => boolean | undefined;
  onAnchor(anchor: TimelineAnchor): void;
  /** The burst of a join has been given to the sink. */
  onGiven(): void;
  /** It is in. */
  onJoined(tracks: readonly TrackKind[]): void;
  onFailed(failure: MediaFailure): void;
  /** The new rendition has tracks that this media source does not have, or lacks one of them. */
  onOtherTracks(): void;
}

type Stage =
  /** For the keyframe of a join. */
  | { readonly name: 'waiting' }
  /** The burst of a join, from the keyframe to the live edge. */
  | { readonly name: 'collecting'; readonly burst: JoinBurst }
  /** The burst is being appended to the source buffers. */
  | { readonly name: 'joining' }
  | { readonly name: 'playing' };

/** Turns the chunks for one media source into fragments, and gives them to it. */
export class MediaFeed {
  readonly #sink: MediaSink;
  readonly #events: MediaFeedEvents;
  readonly #transmuxer = new Transmuxer();
  #stage: Stage = { name: 'waiting' };
  /** A media source keeps the tracks that it was opened with. */
  #tracks: ReadonlySet<TrackKind> | undefined;
  #soundEnd: Seconds = Seconds.zero;
  /** After a switch: the previous rendition has brought the sound up to here. */
  #soundUpTo: Seconds | undefined;
  #anchoredAt: Milliseconds = Milliseconds.never;

  constructor(sink: MediaSink, events: MediaFeedEvents) {
    this.#sink = sink;
    this.#events = events;
  }

  push(chunk: ChunkMessage, entry: Entry): void {
    const fragments = this.#transmuxer.push(chunk.data, { discontinuity: entry !== 'continues' });
    if (entry === 'switch' && this.#tracks && !isSame(this.#tracks, this.#announced)) {
      this.#events.onOtherTracks();
      return;
    }
    if (entry === 'join') this.#collect(this.#announced);
    if (entry === 'switch') this.#soundUpTo = this.#soundEnd;
    this.#anchor(chunk, fragments, entry);
    this.#give(this.#withoutOldSound(fragments));
  }

  /** Everything so far is in the source buffers, or has been sent to their owner. */
  appended(): void {
    if (this.#stage.name !== 'joining') return;
    this.#stage = { name: 'playing' };
    this.#events.onJoined([...(this.#tracks ?? [])]);
  }

  /** The next chunk does not continue the previous one. */
  forget(): void {
    if (this.#stage.name === 'collecting') this.#stage.burst.cancel();
    this.#stage = { name: 'waiting' };
  }

  setPlayhead(playhead: Seconds): void {
    this.#sink.setPlayhead(playhead);
  }

  close(): void {
    this.forget();
    this.#sink.close();
  }

  get #announced(): ReadonlySet<TrackKind> {
    return new Set(this.#transmuxer.announced);
  }

  #collect(tracks: ReadonlySet<TrackKind>): void {
    this.forget();
    this.#soundUpTo = undefined;
    const burst = new JoinBurst(tracks, this.#events.isLive, (fragments, found) =>
      this.#join(fragments, found),
    );
    this.#stage = { name: 'collecting', burst };
  }

  #join(fragments: readonly Fragment[], tracks: ReadonlySet<TrackKind>): void {
    if (this.#tracks && !isSame(this.#tracks, tracks)) {
      this.#stage = { name: 'waiting' };
      this.#events.onFailed(OTHER_TRACKS);
      return;
    }
    this.#stage = { name: 'joining' };
    this.#tracks = tracks;
    this.#sink.append(fragments);
    this.#events.onGiven();
  }

  #give(fragments: readonly Fragment[]): void {
    if (this.#stage.name === 'collecting') this.#stage.burst.add(fragments);
    else if (fragments.length > 0) this.#sink.append(fragments);
  }

  #withoutOldSound(fragments: readonly Fragment[]): readonly Fragment[] {
    return fragments.filter(({ track, end, discontinuity }) => {
      if (track === 'video') return true;
      const isOld = this.#soundUpTo !== undefined && !discontinuity && end <= this.#soundUpTo + SAME_SOUND;
      if (isOld) return false;
      this.#soundUpTo = undefined;
      this.#soundEnd = end;
      return true;
    });
  }

  #anchor({ header }: ChunkMessage, fragments: readonly Fragment[], entry: Entry): void {
    const now = Milliseconds.now();
    const isDue = entry !== 'continues' || now - this.#anchoredAt > ANCHOR_PERIOD_MS;
    const timed = fragments.find(({ track }) => track === 'video' || header.audioOnly);
    if (!timed || !isDue) return;
    this.#anchoredAt = now;
    this.#events.onAnchor(anchorOf(header, timed.start));
  }
}

const isSame = (a: ReadonlySet<TrackKind>, b: ReadonlySet<TrackKind>): boolean =>
  a.size === b.size && [...a].every((kind) => b.has(kind));
