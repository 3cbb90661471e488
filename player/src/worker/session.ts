import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import type { ServerMessage } from '@topicast/contracts/server-message';
import { milliseconds } from '@topicast/contracts/units';
import { type Fragment, type TrackKind, Transmuxer } from '@topicast/media/fmp4';
import type { ClockEstimate } from '../core/clock.js';
import { type ContinuityState, follow } from '../core/continuity.js';
import { allowRebuild } from '../core/rebuild.js';
import { anchorOf } from '../core/timeline.js';
import { type BufferEdge, type MediaFailure, type MediaSink, OTHER_TRACKS } from '../mse/media-sink.js';
import { openWorkerMedia } from '../mse/open-media.js';
import { wallClockNow } from './clock-exchange.js';
import { JoinBurst } from './join-burst.js';
import { Link } from './link.js';
import type { ToPage, ToWorker } from './messages.js';
import { PageSink } from './page-sink.js';

const REPORT_MS = 1_000;
/** A chunk younger than this is of the live edge: encoder, log and network take some tens of milliseconds. */
const LIVE_AGE_MS = 250;

/** From the connection to the media source: chunks in, fragments out, the rest told to the page. Lives as long as its worker. */
export class Session {
  private readonly link: Link;
  private transmuxer = new Transmuxer();
  private continuity: ContinuityState | undefined;
  private burst: JoinBurst | undefined;
  private sink: MediaSink | undefined;
  /** Number of the media source, see messages.ts. */
  private media = 0;
  private tracks: ReadonlySet<TrackKind> | undefined;
  /** The burst is on its way into the source buffers. */
  private joining = false;
  private rebuilds: readonly number[] = [];
  private overflowed = false;
  private connected = false;
  private clock: ClockEstimate | undefined;
  private newest: ChunkHeader | undefined;
  private anchoredAt = Number.NEGATIVE_INFINITY;
  private readonly counters = { chunks: 0, bytes: 0, lost: 0, skipped: 0, reconnects: 0 };

  constructor(
    private readonly settings: Extract<ToWorker, { type: 'start' }>,
    private readonly post: (message: ToPage, transfer?: Transferable[]) => void,
  ) {
    this.link = new Link(settings.urls, settings.token, {
      onState: (link) => post({ type: 'link', link }),
      onConnected: (resumed) => this.onConnected(resumed),
      onChunk: (chunk) => this.onChunk(chunk),
      onMessage: (message) => this.onMessage(message),
      onClock: (clock) => {
        this.clock = clock;
        post({ type: 'clock', clock });
      },
    });
    this.openMedia();
    this.link.open();
    setInterval(() => this.report(), REPORT_MS);
  }

  receive(message: Exclude<ToWorker, { type: 'start' }>): void {
    switch (message.type) {
      case 'hold':
        this.burst?.cancel();
        this.link.close();
        this.report();
        break;
      case 'resume':
        this.connected = false;
        this.link.open();
        break;
      case 'playhead':
        this.sink?.setPlayhead(message.playhead);
        break;
      case 'media-failed':
        if (message.media === this.media) this.onMediaFailed(message.failure);
        break;
      case 'taken':
        if (this.sink instanceof PageSink) this.sink.taken(message.bytes);
        if (this.overflowed) this.rejoin();
        break;
    }
  }

  private onConnected(resumed: boolean): void {
    if (this.connected) this.counters.reconnects += 1;
    this.connected = true;
    if (!resumed) this.forget();
  }

  private onMessage(message: Exclude<ServerMessage, { type: 'clock' | 'move' }>): void {
    if (message.type === 'state') {
      this.post({ type: 'stream', stream: message.state });
    } else if (message.type === 'jump') {
      this.counters.skipped += message.skipped;
      this.forget();
    }
  }

  /** What comes next does not continue what came before. */
  private forget(): void {
    this.continuity = undefined;
    this.burst?.cancel();
    this.burst = undefined;
  }

  private onChunk({ header, data }: ChunkMessage): void {
    this.newest = header;
    this.counters.chunks += 1;
    this.counters.bytes += data.byteLength;
    const { verdict, lost, state } = follow(this.continuity, header);
    this.continuity = state;
    this.counters.lost += lost;
    if (verdict.use === 'skip') this.counters.skipped += 1;
    if (verdict.use !== 'play' || this.overflowed) return;

    const fragments = this.transmuxer.push(data, { discontinuity: verdict.discontinuity });
    if (verdict.discontinuity) this.beginBurst();
    if (this.burst) this.burst.add(fragments);
    else if (fragments.length > 0) this.sink?.append(fragments);

    const timed = fragments.find(({ track }) => track === 'video' || header.audioOnly);
    if (timed && (verdict.discontinuity || performance.now() - this.anchoredAt > REPORT_MS)) {
      this.anchoredAt = performance.now();
      this.post({ type: 'anchor', anchor: anchorOf(header, timed.start) });
    }
  }

  private beginBurst(): void {
    this.burst?.cancel();
    this.burst = new JoinBurst(
      this.transmuxer.announced,
      () => this.isLive(),
      (fragments, tracks) => this.onBurst(fragments, tracks),
    );
  }

  private isLive(): boolean | undefined {
    if (!this.clock || !this.newest) return undefined;
    return wallClockNow() + this.clock.offset - this.newest.wallClock < LIVE_AGE_MS;
  }

  private onBurst(fragments: readonly Fragment[], tracks: ReadonlySet<TrackKind>): void {
    this.burst = undefined;
    if (this.tracks && [...this.tracks].sort().join() !== [...tracks].sort().join()) {
      this.onMediaFailed(OTHER_TRACKS);
      return;
    }
    this.tracks = tracks;
    this.joining = true;
    this.sink?.append(fragments);
    if (this.settings.mediaIn === 'page') this.joined();
  }

  private joined(): void {
    this.joining = false;
    this.post({ type: 'joined', media: this.media, tracks: [...(this.tracks ?? [])] });
  }

  private onAppended(edge: BufferEdge): void {
    this.post({ type: 'edge', media: this.media, edge });
    if (this.joining) this.joined();
  }

  private onMediaFailed(failure: MediaFailure): void {
    const now = performance.now();
    const verdict = allowRebuild(this.rebuilds, milliseconds(now));
    if (failure.kind === 'broken' && verdict.allowed) {
      this.rebuilds = verdict.rebuilds;
      this.rejoin();
      return;
    }
    this.link.close();
    this.sink?.close();
    const reason = failure.kind === 'unsupported' ? 'unsupported' : 'media';
    this.post({ type: 'link', link: { status: 'failed', problem: { reason, message: failure.message } } });
  }

  /** Begin again at the newest keyframe, with a new media source. */
  private rejoin(): void {
    this.overflowed = false;
    this.forget();
    this.openMedia();
    this.link.seekLive();
  }

  private openMedia(): void {
    this.sink?.close();
    this.media += 1;
    const media = this.media;
    this.transmuxer = new Transmuxer();
    this.tracks = undefined;
    this.joining = false;
    if (this.settings.mediaIn === 'page') {
      this.sink = new PageSink(media, this.post, () => {
        this.overflowed = true;
      });
      this.post({ type: 'media', media, handle: undefined });
      return;
    }
    const { handle, sink } = openWorkerMedia({
      onAppended: (edge) => this.onAppended(edge),
      onFailed: (failure) => this.onMediaFailed(failure),
    });
    this.sink = sink;
    this.post({ type: 'media', media, handle }, [handle]);
  }

  private report(): void {
    this.post({ type: 'counters', counters: { ...this.counters, at: milliseconds(performance.now()) } });
  }
}
