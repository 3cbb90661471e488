import type { StreamState } from '@topicast/contracts/server-message';
import { Milliseconds } from '@topicast/contracts/units';
import { type Jump, Merge, type Merged } from '../core/merge.js';
import type { LinkState } from '../core/player-state.js';
import type { PlayerWay } from '../core/types.js';
import type { Link } from './link.js';
import type { LinkEvents, StreamMessage, Wish } from './link-events.js';
import { Progress } from './progress.js';

/** By then the burst of the join has arrived, and the first picture is there. */
const SECOND_AFTER_CHUNK_MS = 1_000;
/** So long the first way has for its first chunk. */
const SECOND_AFTER_MS = 3_000;

type NewLink = (urls: readonly string[], events: LinkEvents, shared: Pick<Progress, 'last'>) => Link;

interface Way {
  readonly link: Link;
  /** Undefined before it is first opened. */
  state: LinkState | undefined;
  stream: StreamState | undefined;
  first: number;
  bytes: number;
}

/**
 * The same stream over two connections at once: the first of the two to bring a chunk counts (docs/design/two-ways.md).
 * To its owner it is like one link. Each way reconnects by itself, and that is not noticed while the other one serves.
 */
export class Ways {
  readonly #events: LinkEvents;
  readonly #merge = new Merge(2);
  readonly #progress = new Progress();
  readonly #ways: readonly [Way, Way];
  #told: LinkState | undefined;
  #stream: StreamState | undefined;
  #session = 0;
  /** Counts the beginnings. */
  #run = 0;
  #second: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param urls are dealt out to the two ways; one address serves both
   * @param newLink belongs to the program that loads this one
   */
  constructor(urls: readonly string[], newLink: NewLink, events: LinkEvents) {
    this.#events = events;
    const way = (index: number): Way => {
      const own = urls.filter((_, number) => urls.length === 1 || number % 2 === index);
      const link = newLink(own, this.#eventsOf(index), this.#progress);
      return { link, state: undefined, stream: undefined, first: 0, bytes: 0 };
    };
    this.#ways = [way(0), way(1)];
  }

  get rendition(): number {
    return this.#progress.place?.position.rendition ?? this.#ways[0].link.rendition;
  }

  /** What each of them has done since the start. */
  get ways(): readonly PlayerWay[] {
    return this.#ways.map(({ state, first, bytes }) => ({ open: state?.status === 'open', first, bytes }));
  }

  /** Connect, at the newest keyframe; in two ways as soon as one of them has got there. */
  open(): void {
    this.close();
    this.#session = 0;
    this.#openSecondIn(SECOND_AFTER_MS);
    this.#ways[0].link.open();
  }

  seekLive(): void {
    this.#forget();
    for (const { link, state } of this.#ways) if (state) link.seekLive();
  }

  setRendition(rendition: number | undefined): void {
    for (const { link } of this.#ways) link.setRendition(rendition);
  }

  /**
   * One way is enough for a word about a group: the first one, while it is open. The picture stays, because the two ways
   * are merged chunk by chunk.
   */
  say(wish: Wish): void {
    if (wish.type === 'sync') this.#speaker.link.say(wish);
  }

  get #speaker(): Way {
    const [first, second] = this.#ways;
    return first.state?.status !== 'open' && second.state?.status === 'open' ? second : first;
  }

  close(): void {
    clearTimeout(this.#second);
    this.#forget();
    for (const [index, way] of this.#ways.entries()) {
      way.link.close();
      way.state = way.stream = undefined;
      this.#merge.close(index, Milliseconds.now());
    }
    this.#told = this.#stream = undefined;
  }

  #forget(): void {
    this.#run += 1;
    this.#merge.forget();
    this.#progress.forget();
  }

  #openSecondIn(ms: number): void {
    clearTimeout(this.#second);
    this.#second = setTimeout(() => this.#openSecond(), ms);
  }

  #openSecond(): void {
    clearTimeout(this.#second);
    if (!this.#ways[1].state) this.#ways[1].link.open();
  }

  #eventsOf(index: number): LinkEvents {
    const other = 1 - index;
    return {
      onState: (state) => this.#onState(index, state),
      onConnected: (resumed) => {
        const isAlone = this.#ways[other]!.state?.status !== 'open';
        if (isAlone && !resumed) this.#forget();
        this.#merge.open(index, resumed);
        if (isAlone) this.#events.onConnected(resumed);
      },
      onChunk: (chunk) => {
        this.#ways[index]!.bytes += chunk.data.byteLength;
        this.#handOn(this.#merge.add(index, chunk, Milliseconds.now()));
      },
      onMessage: (message) => this.#onMessage(index, message),
      // Gateways have clocks of their own: stay with one of them.
      onClock: (clock) => {
        if (index === 0 || this.#ways[other]!.state?.status !== 'open') this.#events.onClock(clock);
      },
    };
  }

  #onState(index: number, state: LinkState): void {
    const way = this.#ways[index]!;
    way.state = state;
    if (state.status !== 'open') {
      way.stream = undefined;
      this.#handOn(this.#merge.close(index, Milliseconds.now()));
    }
    // The first one to be asked does not answer.
    if (state.status === 'retrying' || state.status === 'failed') this.#openSecond();
    const best = bestOf(this.#ways.flatMap(({ state }) => state ?? []));
    if (best && best !== this.#told && !(best.status === 'open' && this.#told?.status === 'open')) {
      this.#events.onState(best);
    }
    this.#told = best;
    this.#tellStream();
  }

  #onMessage(index: number, message: StreamMessage): void {
    switch (message.type) {
      case 'state':
        this.#ways[index]!.stream = message.state;
        this.#tellStream();
        break;
      case 'catalog':
        // The other gateway may not know the new session yet.
        if (message.catalog.session < this.#session) return;
        this.#session = message.catalog.session;
        this.#events.onMessage(message);
        break;
      case 'jump':
        this.#merge.jump(index, message satisfies Jump);
        break;
      case 'sync':
        this.#events.onMessage(message);
        break;
    }
  }

  /** It is live if any gateway gives it. */
  #tellStream(): void {
    const streams = this.#ways.flatMap(({ stream }) => stream ?? []);
    const state = streams.find((stream) => stream === 'live') ?? streams[0];
    if (state === undefined || state === this.#stream) return;
    this.#stream = state;
    this.#events.onMessage({ type: 'state', state });
  }

  #handOn(merged: readonly Merged[]): void {
    const run = this.#run;
    for (const { way, chunk, jump } of merged) {
      if (jump) this.#events.onMessage(jump);
      if (this.#progress.silence === undefined) this.#openSecondIn(SECOND_AFTER_CHUNK_MS);
      this.#progress.take(chunk);
      this.#ways[way]!.first += 1;
      this.#events.onChunk(chunk);
      // Its owner may have gone to the live edge because of it.
      if (run !== this.#run) return;
    }
  }
}

const BEST_FIRST = ['open', 'connecting', 'soon', 'slowly', 'failed'] as const;

function bestOf(states: readonly LinkState[]): LinkState | undefined {
  const rank = (state: LinkState) =>
    BEST_FIRST.indexOf(state.status === 'retrying' ? state.retry : state.status);
  return [...states].sort((a, b) => rank(a) - rank(b))[0];
}
