import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { Milliseconds, Seconds } from '@topicast/contracts/units';
import { type Fragment, type TrackKind, Transmuxer } from '@topicast/media/fmp4';
import type { AudioRun } from '@topicast/media/samples';
import type { TimedText } from '@topicast/media/text';
import type { Entry } from '../core/continuity.js';
import { addAnchor, anchorOf, type TimelineAnchor, usualAnchor } from '../core/timeline.js';
import { TrackPresence } from '../core/track-presence.js';
import type { MediaSink, Outlet } from '../mse/media-sink.js';
import { JoinBurst } from './join-burst.js';
import { type Splice, spliceSound } from './splice.js';

/** Players in step should have nearly the same anchors. */
const ANCHOR_PERIOD_MS = 250;

export interface MediaFeedEvents {
  /** Whether the newest chunk is at the live edge; unknown before the clocks have been compared. */
  readonly isLive: () => boolean | undefined;
  onTexts(texts: readonly TimedText[]): void;
  onAnchor(anchor: TimelineAnchor): void;
  /** The burst of a join is in the source buffers, or has been sent to their owner. */
  onJoined(tracks: readonly TrackKind[]): void;
  /**
   * The stream has tracks that this media source does not have, or lacks one of them.
   * @param absent announced, but not coming
   */
  onOtherTracks(absent: readonly TrackKind[]): void;
  /** Gets the sound of streams that have a picture, instead of the media source. */
  readonly takeSound: ((run: AudioRun) => void) | undefined;
}

/** What the media source was opened with. */
interface Opened {
  readonly tracks: readonly TrackKind[];
  readonly rendition: number;
  readonly presence: TrackPresence;
}

type Stage =
  /** For the keyframe of a join. */
  | { readonly name: 'waiting' }
  /** The burst of a join, from the keyframe to the live edge. `early`: it goes on as it comes. */
  | { readonly name: 'collecting'; readonly burst: JoinBurst; readonly early: boolean }
  /** The burst is being appended to the source buffers. */
  | { readonly name: 'joining' }
  | { readonly name: 'playing' };

/** Turns the chunks for one media source into fragments, and gives them to it. */
export class MediaFeed {
  readonly #sink: MediaSink;
  readonly #events: MediaFeedEvents;
  readonly #transmuxer: Transmuxer;
  #stage: Stage = { name: 'waiting' };
  /** A media source keeps the tracks that it was opened with, here by this rendition. */
  #opened: Opened | undefined;
  readonly #absent: readonly TrackKind[];
  #soundEnd: Seconds = Seconds.zero;
  #splice: Splice | undefined;
  #anchors: readonly TimelineAnchor[] = [];
  #anchoredAt: Milliseconds = Milliseconds.never;

  /** @param absent tracks that are announced, but do not come */
  constructor({ sink, writer }: Outlet, events: MediaFeedEvents, absent: readonly TrackKind[] = []) {
    this.#sink = sink;
    this.#absent = absent;
    this.#events = events;
    this.#transmuxer = new Transmuxer(writer, events.takeSound);
  }

  /** Chunks come one by one, as they are made: the burst of the join is over. */
  get isLive(): boolean {
    return this.#stage.name === 'playing';
  }

  /** @param entry `picture`: the picture was left out, and begins again here; the sound continues */
  push(chunk: ChunkMessage, entry: Entry | 'picture'): void {
    const { data, rendition } = chunk;
    if (entry === 'picture') this.#transmuxer.beginPicture();
    const discontinuity = entry === 'switch' || entry === 'join';
    const fragments = this.#transmuxer.push(data, { discontinuity });
    const { texts } = this.#transmuxer;
    if (texts.length > 0) this.#events.onTexts(texts);
    if (entry === 'switch') {
      if (this.#opened && !isSame(this.#opened.tracks, this.#expected)) {
        this.#events.onOtherTracks(this.#absent);
        return;
      }
      if (this.#opened) this.#opened = { ...this.#opened, rendition };
      this.#splice = { upTo: this.#soundEnd, init: this.#splice?.init };
    }
    if (entry === 'join' || entry === 'picture') this.#collect(rendition, this.#expected);
    this.#anchor(chunk, fragments, entry);
    const { kept, splice } = spliceSound(fragments, this.#splice);
    this.#splice = splice;
    this.#give(kept);
  }

  /** Everything so far is in the source buffers, or has been sent to their owner. */
  appended(): void {
    if (this.#stage.name !== 'joining') return;
    this.#stage = { name: 'playing' };
    this.#events.onJoined(this.#opened?.tracks ?? []);
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

  #collect(rendition: number, tracks: readonly TrackKind[]): void {
    this.forget();
    this.#splice = undefined;
    const early = this.#sink.isIdle;
    const burst = new JoinBurst(tracks, this.#events.isLive, (fragments, found) =>
      this.#join(fragments, early ? [] : fragments, rendition, [...found]),
    );
    this.#stage = { name: 'collecting', burst, early };
  }

  /** @param left of the burst, what has not gone on yet */
  #join(
    fragments: readonly Fragment[],
    left: readonly Fragment[],
    rendition: number,
    tracks: readonly TrackKind[],
  ): void {
    if (this.#opened && !isSame(this.#opened.tracks, tracks)) {
      this.#stage = { name: 'waiting' };
      this.#events.onOtherTracks(this.#transmuxer.announced.filter((kind) => !tracks.includes(kind)));
      return;
    }
    this.#stage = { name: 'joining' };
    const presence = new TrackPresence(tracks);
    presence.follow(fragments);
    this.#opened = { rendition, tracks, presence };
    this.#sink.append(left);
  }

  #give(fragments: readonly Fragment[]): void {
    for (const { track, end } of fragments) if (track === 'audio') this.#soundEnd = end;
    if (this.#stage.name === 'collecting') {
      const expected = this.#expected;
      const wanted = fragments.filter(({ track }) => expected.includes(track));
      const { burst, early } = this.#stage;
      burst.add(wanted);
      // If the sink refuses them, this feed is over.
      if (early) this.#sink.append(wanted);
    } else if (this.#opened && fragments.length > 0) {
      const { tracks, presence } = this.#opened;
      const absent = presence.follow(fragments);
      if (absent) this.#events.onOtherTracks(absent);
      else this.#sink.append(fragments.filter(({ track }) => tracks.includes(track)));
    }
  }

  /** The announced tracks without those that do not come. */
  get #expected(): readonly TrackKind[] {
    const { announced } = this.#transmuxer;
    const coming = announced.filter((kind) => !this.#absent.includes(kind));
    return coming.length > 0 ? coming : announced;
  }

  #anchor({ header }: ChunkMessage, fragments: readonly Fragment[], entry: Entry | 'picture'): void {
    const timed = fragments.find(({ track }) => track === 'video' || header.audioOnly);
    if (!timed) return;
    const isJoin = entry === 'join';
    this.#anchors = addAnchor(isJoin ? [] : this.#anchors, anchorOf(header, timed.start));
    const now = Milliseconds.now();
    // The burst of the join knows better than its first picture.
    const isDue = this.#stage.name !== 'collecting' && now - this.#anchoredAt > ANCHOR_PERIOD_MS;
    if (!isJoin && !isDue) return;
    this.#anchoredAt = isJoin ? Milliseconds.never : now;
    this.#events.onAnchor(usualAnchor(this.#anchors)!);
  }
}

const isSame = (a: readonly TrackKind[], b: readonly TrackKind[]): boolean =>
  [...a].sort().join() === [...b].sort().join();
