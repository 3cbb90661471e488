import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { Milliseconds, milliseconds, ticksToMs } from '@topicast/contracts/units';
import { Arrivals } from '../core/arrivals.js';
import type { ClockEstimate } from '../core/clock.js';
import { allowRebuild } from '../core/rebuild.js';
import { judgePlayability, type Playability } from '../core/renditions.js';
import type { Problem } from '../core/types.js';
import type { MediaFailure, MediaSink } from '../mse/media-sink.js';
import { canPlay, openWorkerMedia } from '../mse/open-media.js';
import { wallClockNow } from './clock-exchange.js';
import { Link, type StreamMessage } from './link.js';
import { MediaFeed, type MediaFeedEvents } from './media-feed.js';
import type { ToPage, ToWorker } from './messages.js';
import { PageSink } from './page-sink.js';
import { Reception } from './reception.js';
import { Renditions } from './renditions.js';
import { canDecodeSound, Sound } from './sound.js';

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
  readonly #reception = new Reception();
  /** Undefined: the sound goes with the picture, into the media source. */
  #sound: Sound | undefined;
  #media: Media;
  /** Number of the media source; see messages.ts. */
  #mediaNumber = 0;
  /** When earlier media sources were replaced. */
  #rebuilds: readonly number[] = [];
  readonly #arrivals = new Arrivals();
  #evidenceAt = Milliseconds.never;
  #clock: ClockEstimate | undefined;
  #newest: ChunkHeader | undefined;

  constructor(settings: Settings, post: Post) {
    this.#settings = settings;
    this.#post = post;
    this.#link = new Link(settings.urls, settings.token, {
      onState: (link) => post({ type: 'link', link }),
      onConnected: (resumed) => {
        this.#reception.connected();
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
        // Otherwise the page answers: if media are on the page, this worker may have no MediaSource to ask.
        if (settings.mediaIn === 'worker') this.#judge(judgePlayability(catalog, canPlay));
      },
      onUse: (rendition) => post({ type: 'rendition', rendition }),
      onChoice: (rendition, how) => {
        this.#link.setRendition(rendition);
        if (how === 'switch') return;
        this.#replaceMedia();
        this.#begin();
      },
      onUnplayable: (message) => this.#fail({ reason: 'unsupported', message }),
    });
    if (typeof settings.rendition === 'number') this.#link.setRendition(settings.rendition);
    this.#sound = this.#openSound();
    this.#media = this.#openMedia();
    this.#begin();
    setInterval(() => this.#report(), REPORT_MS);
  }

  receive(message: Exclude<ToWorker, { type: 'start' }>): void {
    switch (message.type) {
      case 'hold':
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

  #begin(): void {
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
        this.#forget();
        break;
    }
  }

  #onChunk(chunk: ChunkMessage): void {
    this.#newest = chunk.header;
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
    this.#arrivals.add(now, milliseconds(ticksToMs(header.decodeTime)));
    if (now - this.#evidenceAt < EVIDENCE_MS) return;
    this.#evidenceAt = now;
    this.#post({ type: 'arrivals', evidence: this.#arrivals.evidence });
  }

  #judge(playability: Playability): void {
    this.#renditions.judge(playability, this.#link.rendition);
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
    const verdict = allowRebuild(this.#rebuilds, Milliseconds.now());
    if (failure.kind === 'broken' && verdict.allowed) {
      this.#rebuilds = verdict.rebuilds;
      this.#rejoin();
      return;
    }
    const reason = failure.kind === 'unsupported' ? 'unsupported' : 'media';
    this.#fail({ reason, message: failure.message });
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

  #openSound(): Sound | undefined {
    if (this.#settings.sound === 'media' || !canDecodeSound()) {
      this.#post({ type: 'sound', in: 'media', because: undefined });
      return undefined;
    }
    return new Sound({
      onSound: (sampleRate) => this.#post({ type: 'sound', in: 'worklet', sampleRate }),
      onFailed: (message) => this.#bringSoundIn(message),
    });
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
      onOtherTracks: () => this.#rejoin(),
    };
    const feed = new MediaFeed(sink, events, this.#sound?.take);
    return feed;
  }

  #report(): void {
    const soundDropped = this.#sound?.dropped ?? 0;
    const counters = { ...this.#reception.counters, soundDropped, at: Milliseconds.now() };
    this.#post({ type: 'counters', counters });
  }
}
