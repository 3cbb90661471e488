import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { Milliseconds, milliseconds, ticksToMs } from '@topicast/contracts/units';
import type { TrackKind } from '@topicast/media/fmp4';
import { Arrivals } from '../core/arrivals.js';
import type { ClockEstimate } from '../core/clock.js';
import type { LinkState } from '../core/player-state.js';
import { planRebuild } from '../core/rebuild.js';
import { judgePlayability, type Playability } from '../core/renditions.js';
import type { Problem } from '../core/types.js';
import type { MediaFailure, MediaSink } from '../mse/media-sink.js';
import { canPlay, openWorkerMedia } from '../mse/open-media.js';
import { Adaptation } from './adaptation.js';
import { wallClockNow } from './clock-exchange.js';
import { Link, type StreamMessage } from './link.js';
import { MediaFeed, type MediaFeedEvents } from './media-feed.js';
import type { ToPage, ToWorker } from './messages.js';
import { PageSink } from './page-sink.js';
import { Reception } from './reception.js';
import { Renditions } from './renditions.js';
import { Sound } from './sound.js';

const REPORT_MS = 1_000;
const EVIDENCE_MS = 250;
/**
 * A chunk younger than this is at the live edge: the encoder, the log and the network take some tens of milliseconds.
 */
const LIVE_AGE_MS = 250;

type Settings = Extract<ToWorker, { type: 'start' }>;
type Post = (message: ToPage, transfer?: Transferable[]) => void;

type Media =
  | { readonly status: 'open'; readonly feed: MediaFeed; readonly page: PageSink | undefined }
  /** The page does not read its messages: start again when it does. */
  | { readonly status: 'overflowed' };

/**
 * One viewing of a stream, from the connection to the media source: chunks in, fragments out, the rest told to the page.
 * Lives as long as its worker.
 */
export class Viewing {
  readonly #settings: Settings;
  readonly #post: Post;
  readonly #link: Link;
  readonly #renditions: Renditions;
  readonly #adaptation: Adaptation;
  readonly #reception = new Reception();
  /** Undefined: the sound goes with the picture, into the media source. */
  #sound: Sound | undefined;
  #media: Media;
  /** Number of the media source; see messages.ts. */
  #mediaNumber = 0;
  /** When earlier media sources were replaced. */
  #rebuilds: readonly number[] = [];
  /** Runs while a stream that has broken several media sources is left alone. */
  #rebuildTimer: ReturnType<typeof setTimeout> | undefined;
  /** Announced, but not coming. */
  #absentTracks: readonly TrackKind[] = [];
  readonly #arrivals = new Arrivals();
  #evidenceAt = Milliseconds.never;
  #clock: ClockEstimate | undefined;
  #newest: ChunkHeader | undefined;

  constructor(settings: Settings, post: Post) {
    this.#settings = settings;
    this.#post = post;
    this.#link = new Link(settings.urls, settings.token, {
      onState: (link) => this.#onLink(link),
      onConnected: (resumed) => {
        this.#reception.connected();
        this.#adaptation.reconnected();
        if (!resumed) this.#forget();
      },
      onChunk: (chunk) => this.#onChunk(chunk),
      onMessage: (message) => this.#onMessage(message),
      onClock: (clock) => {
        this.#clock = clock;
        post({ type: 'clock', clock });
      },
    });
    this.#renditions = new Renditions(settings.rendition, {
      onCatalog: (catalog) => {
        post({ type: 'catalog', catalog });
        this.#adaptation.offer(catalog);
        // Otherwise the page answers: if media are on the page, this worker may have no MediaSource to ask.
        if (settings.mediaIn === 'worker') this.#judge(judgePlayability(catalog, canPlay));
      },
      onUse: (rendition) => post({ type: 'rendition', rendition }),
      onChoice: (rendition, how) => {
        this.#link.setRendition(rendition);
        if (how === 'switch') return;
        if (how === 'afresh') this.#replaceMedia();
        else this.#forget();
        this.#begin();
      },
      onUnplayable: (message) => this.#fail({ reason: 'unsupported', message }),
    });
    const { rendition, startWith } = settings;
    this.#adaptation = new Adaptation(startWith !== undefined, (advised, how) =>
      this.#renditions.advise(advised, how),
    );
    const first = rendition === 'auto' ? startWith : rendition;
    if (first !== undefined) this.#link.setRendition(first);
    if (settings.sound === 'worklet') {
      this.#sound = new Sound({
        onSound: (sampleRate) => post({ type: 'sound', in: 'worklet', sampleRate }),
        onFailed: (message) => this.#bringSoundIn(message),
      });
    }
    this.#media = this.#openMedia();
    this.#begin();
    setInterval(() => this.#report(), REPORT_MS);
  }

  receive(message: Exclude<ToWorker, { type: 'start' }>): void {
    switch (message.type) {
      case 'hold':
        clearTimeout(this.#rebuildTimer);
        this.#forget();
        this.#link.close();
        this.#report();
        break;
      case 'resume':
        this.#begin();
        break;
      case 'rendition':
        this.#renditions.want(message.rendition);
        break;
      case 'facts':
        this.#adaptation.setFacts(message.facts);
        break;
      case 'playability':
        this.#judge(message.playability);
        break;
      case 'playhead':
        if (this.#media.status === 'open') this.#media.feed.setPlayhead(message.playhead);
        break;
      case 'media-failed':
        if (message.media === this.#mediaNumber) this.#onMediaFailed(message.failure);
        break;
      case 'listen':
        this.#sound?.connect(message.port);
        break;
      case 'sound-failed':
        this.#bringSoundIn(message.message);
        break;
      case 'taken':
        if (this.#media.status === 'overflowed') this.#rejoin();
        else this.#media.page?.taken(message.bytes);
        break;
    }
  }

  #onLink(link: LinkState): void {
    this.#post({ type: 'link', link });
    if (link.status !== 'retrying' || link.problem.reason !== 'unknown-stream' || !this.#renditions.isAuto)
      return;
    // The stream may have had another ladder when it was remembered.
    this.#adaptation.forget();
    this.#link.setRendition(undefined);
  }

  #begin(): void {
    clearTimeout(this.#rebuildTimer);
    this.#reception.begin();
    this.#link.open();
  }

  #onMessage(message: StreamMessage): void {
    switch (message.type) {
      case 'state':
        this.#post({ type: 'stream', stream: message.state });
        break;
      case 'catalog':
        this.#renditions.offer(message.catalog);
        break;
      case 'jump':
        this.#reception.skipped(message.skipped);
        if (message.reason === 'lag') this.#adaptation.lagged();
        this.#forget();
        break;
    }
  }

  #onChunk(chunk: ChunkMessage): void {
    this.#newest = chunk.header;
    this.#adaptation.received(chunk, this.#renditions.isAuto);
    const entry = this.#reception.judge(chunk);
    if (!this.#renditions.canPlay(chunk.rendition)) this.#forget();
    else if (entry && this.#media.status === 'open') {
      this.#renditions.use(chunk.rendition);
      if (this.#media.feed.isLive) this.#learn(chunk);
      this.#media.feed.push(chunk, entry);
    }
  }

  /** Chunks with sound alone have times of their own, a little before or after those of the pictures around them. */
  #learn({ header }: ChunkMessage): void {
    if (header.audioOnly && !header.keyframe) return;
    const now = Milliseconds.now();
    if (this.#adaptation.isRecovering) this.#arrivals.forgetOverload(now);
    else this.#arrivals.add(now, milliseconds(ticksToMs(header.decodeTime)));
    if (now - this.#evidenceAt < EVIDENCE_MS) return;
    this.#evidenceAt = now;
    this.#post({ type: 'arrivals', evidence: this.#arrivals.evidence });
  }

  #judge(playability: Playability): void {
    this.#renditions.judge(playability, this.#link.rendition);
    this.#adaptation.setUnplayable(this.#renditions.unplayable);
  }

  /** The next chunk does not continue the previous one. */
  #forget(): void {
    this.#reception.forget();
    if (this.#media.status === 'open') this.#media.feed.forget();
  }

  #isLive(): boolean | undefined {
    if (!this.#clock || !this.#newest) return undefined;
    return wallClockNow() + this.#clock.offset - this.#newest.wallClock < LIVE_AGE_MS;
  }

  #onMediaFailed(failure: MediaFailure): void {
    if (failure.kind === 'unsupported') {
      this.#fail({ reason: 'unsupported', message: failure.message });
      return;
    }
    const { pause, rebuilds } = planRebuild(this.#rebuilds, Milliseconds.now(), Math.random());
    this.#rebuilds = rebuilds;
    if (pause === 0) this.#rejoin();
    else this.#rebuildAfter(pause, { reason: 'media', message: failure.message });
  }

  #rebuildAfter(pause: Milliseconds, problem: Problem): void {
    this.#link.close();
    this.#replaceMedia();
    this.#post({ type: 'link', link: { status: 'retrying', problem, retry: 'slowly' } });
    this.#rebuildTimer = setTimeout(() => this.#begin(), pause);
  }

  #fail(problem: Problem): void {
    this.#link.close();
    if (this.#media.status === 'open') this.#media.feed.close();
    this.#post({ type: 'link', link: { status: 'failed', problem } });
  }

  /** Start again at the newest keyframe, with a new media source. */
  #rejoin(): void {
    this.#replaceMedia();
    this.#link.seekLive();
  }

  #replaceMedia(): void {
    this.#forget();
    if (this.#media.status === 'open') this.#media.feed.close();
    this.#media = this.#openMedia();
  }

  /** Once and for all: the next media source has the sound, too. */
  #bringSoundIn(because: string): void {
    if (!this.#sound) return;
    this.#sound.close();
    this.#sound = undefined;
    this.#post({ type: 'sound', in: 'media', because });
    this.#rejoin();
  }

  #openMedia(): Media {
    this.#mediaNumber += 1;
    this.#sound?.reset();
    const media = this.#mediaNumber;
    if (this.#settings.mediaIn === 'page') {
      this.#post({ type: 'media', media, handle: undefined });
      const page = new PageSink(media, this.#post, () => {
        this.#media = { status: 'overflowed' };
      });
      return { status: 'open', page, feed: this.#feed(page, media) };
    }
    const { handle, sink } = openWorkerMedia({
      onAppended: (edge) => {
        this.#post({ type: 'edge', media, edge });
        feed.appended();
      },
      onFailed: (failure) => this.#onMediaFailed(failure),
    });
    const feed = this.#feed(sink, media);
    this.#post({ type: 'media', media, handle }, [handle]);
    return { status: 'open', page: undefined, feed };
  }

  #feed(sink: MediaSink, media: number): MediaFeed {
    const events: MediaFeedEvents = {
      isLive: () => this.#isLive(),
      onTexts: (texts) => this.#post({ type: 'texts', texts }),
      onAnchor: (anchor) => this.#post({ type: 'anchor', anchor }),
      onGiven: () => {
        // The page says `joined` to itself when it has appended what was sent before.
        if (this.#settings.mediaIn === 'page') feed.appended();
      },
      onJoined: (tracks) => this.#post({ type: 'joined', media, tracks }),
      onFailed: (failure) => this.#onMediaFailed(failure),
      onOtherTracks: (absent) => {
        this.#absentTracks = absent;
        this.#rejoin();
      },
      takeSound: this.#sound?.take,
    };
    const feed = new MediaFeed(sink, events, this.#absentTracks);
    return feed;
  }

  #report(): void {
    const soundDropped = this.#sound?.dropped ?? 0;
    const reason = this.#renditions.isAuto ? this.#adaptation.reason : 'chosen';
    const counters = { ...this.#reception.counters, soundDropped, reason, at: Milliseconds.now() };
    this.#post({ type: 'counters', counters });
  }
}
