import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { Milliseconds, ticksToSeconds } from '@topicast/contracts/units';
import type { Entry } from '../core/continuity.js';
import type { LinkState } from '../core/player-state.js';
import { Rebuilds } from '../core/rebuild.js';
import { judgePlayability, type Playability } from '../core/renditions.js';
import { TrackPresence } from '../core/track-presence.js';
import type { Problem, RenditionReason } from '../core/types.js';
import type { MediaFailure } from '../mse/media-sink.js';
import { canPlay } from '../mse/support.js';
import type { PictureRoute } from '../picture/picture-route.js';
import type { Adaptation, ViewerFacts } from './adaptation.js';
import { ArrivalWatch } from './arrival-watch.js';
import { Link } from './link.js';
import type { LinkEvents, StreamMessage } from './link-events.js';
import { MediaHost } from './media-host.js';
import type { ToPage, ToWorker } from './messages.js';
import { Reception } from './reception.js';
import { Renditions } from './renditions.js';
import { Sound } from './sound.js';
import type { Ways } from './ways.js';

const REPORT_MS = 1_000;
/** A group of pictures may be that long. */
const SAME_DAMAGE_MS = 3_000;

type Settings = Extract<ToWorker, { type: 'start' }>;
/** What the page wants after the start; scripts are loaded before they come here. */
export type Wanted = Exclude<ToWorker, { type: 'start' | 'sources' }>;
type Post = (message: ToPage, transfer?: Transferable[]) => void;

/** What only some need, loaded. */
interface Parts {
  readonly pictures: PictureRoute | undefined;
  /** Merges two connections; without it, there is one. */
  readonly ways: typeof import('./ways.js') | undefined;
}

/**
 * One viewing of a stream, from the connection to the media source: chunks in, fragments out, the rest told to the page.
 * Lives as long as its worker.
 */
export class Viewing {
  readonly #settings: Settings;
  readonly #post: Post;
  readonly #link: Link | Ways;
  readonly #ways: Ways | undefined;
  readonly #renditions: Renditions;
  /** Undefined while there is nothing to choose. */
  #adaptation: Adaptation | undefined;
  #facts: ViewerFacts | undefined;
  readonly #reception = new Reception();
  /** Undefined: the sound goes with the picture, into the media source. */
  #sound: Sound | undefined;
  /** Undefined: the pictures go into a media source. */
  readonly #pictures: PictureRoute | undefined;
  readonly #media: MediaHost;
  readonly #rebuilds = new Rebuilds();
  #damagedAt = Milliseconds.never;
  /** Runs while a stream that has broken several media sources is left alone. */
  #hasFailed = false;
  #rebuildTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #arrivals: ArrivalWatch;
  /** Since the last break, if there have been pictures. */
  #presence: TrackPresence | undefined;
  #picturesPause = false;
  /** `begins`: with the next chunk, after it was left out. */
  #picture: 'sent' | 'left out' | 'begins' = 'sent';

  constructor(settings: Settings, post: Post, { pictures, ways }: Parts) {
    this.#settings = settings;
    this.#post = post;
    this.#pictures = pictures;
    this.#arrivals = new ArrivalWatch(post);
    const linkEvents: LinkEvents = {
      onState: (link) => this.#onLink(link),
      onConnected: (resumed) => {
        post({ type: 'sync', news: undefined });
        this.#reception.connected();
        this.#adaptation?.reconnected();
        if (!resumed) this.#forget();
      },
      onChunk: (chunk, again) => this.#onChunk(chunk, again),
      onMessage: (message) => this.#onMessage(message),
      onClock: (clock) => {
        this.#arrivals.clock = clock;
        post({ type: 'clock', clock });
      },
    };
    const { urls, token } = settings;
    this.#ways =
      ways && new ways.Ways(urls, (own, events, shared) => new Link(own, token, events, shared), linkEvents);
    this.#link = this.#ways ?? new Link(urls, token, linkEvents);
    this.#sayGroup(undefined);
    if (settings.mayLeavePicture) this.#link.say({ type: 'picture', wanted: true });
    this.#renditions = new Renditions(settings.rendition, {
      onCatalog: (catalog) => {
        post({ type: 'catalog', catalog });
        this.#adaptation?.offer(catalog);
        // Otherwise the page answers: if media are on the page, this worker may have no MediaSource to ask.
        if (settings.mediaIn === 'worker') this.#judge(judgePlayability(catalog, canPlay));
      },
      onUse: (rendition) => post({ type: 'rendition', rendition, reason: this.#reason }),
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
    const first = rendition === 'auto' ? startWith : rendition;
    if (first !== undefined) this.#link.setRendition(first);
    if (settings.sound === 'worklet') {
      this.#sound = new Sound({
        onSound: (sampleRate) => post({ type: 'sound', in: 'worklet', sampleRate }),
        onFailed: (message) => this.#bringSoundIn(message),
      });
    }
    this.#media = new MediaHost({
      post,
      pictures,
      isLive: () => this.#arrivals.isLive,
      takeSound: () => this.#sound?.take,
      onFailed: (failure) => this.#onMediaFailed(failure),
      onOver: (isDamage) => this.#rejoin(isDamage),
    });
    this.#begin();
    setInterval(() => this.#report(), REPORT_MS);
  }

  /** What fills media sources is there. What came before that for one of them has been left out. */
  openSources(script: typeof import('../mse/main.js')): void {
    this.#media.sources = new script.SourceRoute(this.#settings.mediaIn, this.#post);
    if (this.#media.isOpen || this.#hasFailed) return;
    if (this.#reception.isUnderWay) this.#rejoin();
    else this.#media.replace();
  }

  receive(message: Wanted): void {
    switch (message.type) {
      case 'hold':
        clearTimeout(this.#rebuildTimer);
        this.#forget();
        this.#pictures?.pass({ do: 'hold' });
        this.#link.close();
        // Who comes back later may need less.
        this.#sayGroup(undefined);
        this.#report();
        break;
      case 'resume':
        // What cannot be played here would only be received.
        if (!this.#hasFailed) this.#begin();
        break;
      case 'rendition':
        this.#renditions.want(message.rendition);
        break;
      case 'facts':
        this.#facts = message.facts;
        this.#adaptation?.setFacts(message.facts);
        break;
      case 'adaptive':
        this.#adapt(message.program);
        break;
      case 'want-picture':
        this.#link.say({ type: 'picture', wanted: message.wanted });
        break;
      case 'sync':
        this.#sayGroup(message.needs);
        break;
      case 'playability':
        this.#judge(message.playability);
        break;
      case 'playhead':
        this.#media.setPlayhead(message.playhead);
        break;
      case 'media-failed':
        if (this.#media.isPresent(message.media)) this.#onMediaFailed(message.failure);
        break;
      case 'listen':
        this.#sound?.connect(message.port);
        break;
      case 'sound-failed':
        this.#bringSoundIn(message.message);
        break;
      case 'pictures':
        if (this.#media.isPresent(message.media)) this.#pictures?.pass(message.message);
        break;
      case 'trace':
        this.#arrivals.tellTrace();
        break;
      case 'taken':
        if (this.#media.isPresent(message.media)) this.#media.taken(message.bytes);
        break;
    }
  }

  #onLink(link: LinkState): void {
    this.#post({ type: 'link', link });
    if (link.status !== 'retrying' || link.problem.reason !== 'unknown-stream' || !this.#renditions.isAuto)
      return;
    // The stream may have had another ladder when it was remembered.
    this.#adaptation?.forget();
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
        if (message.reason === 'lag') this.#adaptation?.lagged();
        this.#forget();
        break;
      case 'picture':
        if (message.sent) this.#picture = this.#picture === 'sent' ? 'sent' : 'begins';
        else if (this.#picture !== 'left out') this.#leavePicture();
        break;
      case 'sync': {
        const { type, ...news } = message;
        this.#post({ type, news });
        break;
      }
    }
  }

  #onChunk(chunk: ChunkMessage, again = false): void {
    const { isLive } = this.#media;
    this.#arrivals.received(chunk, isLive);
    if (this.#picture !== 'left out') this.#adaptation?.received(chunk, this.#renditions.isAuto);
    if (again) this.#reception.again(chunk);
    const entry = again ? 'continues' : this.#reception.judge(chunk);
    if (!again) this.#lookForPictures(chunk, entry);
    if (!this.#renditions.canPlay(chunk.rendition)) this.#forget();
    else if (entry && this.#media.isOpen) {
      this.#renditions.use(chunk.rendition);
      if (isLive && !again) this.#arrivals.learn(chunk, this.#adaptation?.isRecovering === true);
      try {
        this.#media.push(chunk, this.#withPicture(entry));
      } catch (error) {
        this.#onMediaFailed({ kind: 'broken', message: String(error) });
      }
    } else if (entry && this.#media.hasPlayed) this.#reception.skipped(1);
  }

  /** They may pause while the sound beside them goes on. */
  #lookForPictures({ header: { audioOnly, decodeTime } }: ChunkMessage, entry: Entry | undefined): void {
    if (!entry) return;
    const at = ticksToSeconds(decodeTime);
    if (entry !== 'continues') this.#presence = undefined;
    if (!audioOnly) this.#presence ??= new TrackPresence(['video', 'audio']);
    const lost = this.#presence?.follow([{ track: audioOnly ? 'audio' : 'video', start: at, end: at }]);
    const paused = lost?.includes('video') === true;
    if (paused !== this.#picturesPause) this.#post({ type: 'pictures-pause', paused });
    this.#picturesPause = paused;
  }

  #leavePicture(): void {
    this.#picture = 'left out';
    this.#post({ type: 'picture-left-out' });
  }

  /** How the chunk follows, where the picture begins again with it. */
  #withPicture(entry: Entry): Entry | 'picture' {
    if (this.#picture !== 'begins') return entry;
    this.#picture = 'sent';
    return entry === 'continues' ? 'picture' : 'join';
  }

  #sayGroup(needs: Milliseconds | undefined): void {
    const { sync: group } = this.#settings;
    if (group !== undefined) this.#link.say({ type: 'sync', group, needs });
  }

  /** @param program the address of the script that chooses among renditions */
  async #adapt(program: string): Promise<void> {
    const script: typeof import('./adaptation.js') | undefined = await import(program).catch((error) =>
      console.warn('topicast-player: the rendition stays:', error),
    );
    if (!script) return;
    const isSlow = this.#settings.startWith !== undefined;
    const adaptation = new script.Adaptation(isSlow, (advised, how) => this.#renditions.advise(advised, how));
    if (this.#facts) adaptation.setFacts(this.#facts);
    const { catalog, unplayable } = this.#renditions;
    if (catalog) adaptation.offer(catalog);
    adaptation.setUnplayable(unplayable);
    this.#adaptation = adaptation;
  }

  #judge(playability: Playability): void {
    this.#renditions.judge(playability, this.#link.rendition);
    this.#adaptation?.setUnplayable(this.#renditions.unplayable);
  }

  /** The next chunk does not continue the previous one. */
  #forget(): void {
    this.#reception.forget();
    this.#media.forget();
  }

  #onMediaFailed(failure: MediaFailure): void {
    if (failure.kind === 'unsupported') {
      this.#fail({ reason: 'unsupported', message: failure.message });
      return;
    }
    const pause = this.#rebuilds.plan();
    if (pause === 0) this.#rejoin(true);
    else this.#rebuildAfter(pause, { reason: 'media', message: failure.message });
  }

  #rebuildAfter(pause: Milliseconds, problem: Problem): void {
    this.#link.close();
    this.#replaceMedia();
    this.#post({ type: 'link', link: { status: 'retrying', problem, retry: 'slowly' } });
    this.#rebuildTimer = setTimeout(() => this.#begin(), pause);
  }

  #fail(problem: Problem): void {
    this.#hasFailed = true;
    this.#link.close();
    this.#media.close();
    this.#post({ type: 'link', link: { status: 'failed', problem } });
  }

  /** Start again at the newest keyframe, with a new media source; at the next one, if the damage may come again. */
  #rejoin(isDamage = false): void {
    const now = Milliseconds.now();
    const mayComeAgain = isDamage && now - this.#damagedAt < SAME_DAMAGE_MS;
    if (isDamage) this.#damagedAt = now;
    this.#replaceMedia();
    if (!mayComeAgain) this.#link.seekLive();
    else this.#rebuildTimer = setTimeout(() => this.#media.isLive || this.#link.seekLive(), SAME_DAMAGE_MS);
  }

  #replaceMedia(): void {
    clearTimeout(this.#rebuildTimer);
    this.#forget();
    this.#sound?.reset();
    this.#media.replace();
  }

  /** Once and for all: the next media source has the sound, too. */
  #bringSoundIn(because: string): void {
    if (!this.#sound) return;
    this.#sound.close();
    this.#sound = undefined;
    this.#post({ type: 'sound', in: 'media', because });
    this.#pictures?.giveUp('the sound goes with the picture');
    this.#rejoin();
  }

  get #reason(): RenditionReason {
    return this.#renditions.isAuto ? (this.#adaptation?.reason ?? 'best') : 'chosen';
  }

  #report(): void {
    const soundDropped = this.#sound?.dropped ?? 0;
    const ways = this.#ways?.ways;
    const counters = {
      ...this.#reception.counters,
      soundDropped,
      reason: this.#reason,
      ways,
      at: Milliseconds.now(),
    };
    this.#post({ type: 'counters', counters });
  }
}
