import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import {
  CONTROL_PERIOD_MS,
  decideLatency,
  joinLatency,
  joinMustSeek,
  type LatencyState,
  targetLevel,
} from '../core/latency.js';
import type { PictureState } from '../core/player-state.js';
import type { BufferEdge } from '../mse/media-sink.js';

export interface PlayheadEvents {
  onPicture(picture: PictureState): void;
  /** The playhead stands where the first picture of this media source is to be. To play before would show older ones. */
  onReady(): void;
}

/** Shorter waits come with every seek, and nobody sees them. */
const BLINK_MS = 120;
/** A stream that has just begun has less than the target yet: wait for it, else playback runs dry at once. */
const FILL_MS = 300;

const now = (): Milliseconds => milliseconds(performance.now());

/** Moves the playhead of a video element as the latency control says, and sees whether the picture moves. */
export class Playhead {
  seeks = 0;
  private picture: PictureState = 'none';
  private edge: BufferEdge | undefined;
  /** The burst is in; to be followed by the one seek of the join once the element knows its media. */
  private joined = false;
  private ready = false;
  /** Since this media source was attached. */
  private decoded = false;
  private waitingSince: Milliseconds | undefined;
  /** What is on the screen is of before a pause. */
  private stale = false;
  private control: LatencyState = joinLatency(now());
  private target = milliseconds(0);
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly listening = new AbortController();

  constructor(
    private readonly video: HTMLVideoElement,
    /** Whether data can be expected at all. */
    private readonly isFed: () => boolean,
    private readonly events: PlayheadEvents,
  ) {
    this.timer = setInterval(() => this.tick(), CONTROL_PERIOD_MS);
    const { signal } = this.listening;
    video.addEventListener('loadedmetadata', () => this.seekAfterJoin(), { signal });
    video.addEventListener('loadeddata', () => this.onDecoded(), { signal });
    video.addEventListener('seeked', () => this.onDecoded(), { signal });
    video.addEventListener('playing', () => this.onPlaying(), { signal });
    video.addEventListener('waiting', () => this.onWaiting(), { signal });
  }

  /** Smoothed, where there is enough to smooth. */
  get levelMs(): Milliseconds | undefined {
    return this.control.smoothed ?? this.level;
  }

  get targetMs(): Milliseconds {
    return targetLevel(this.target, this.control);
  }

  get stalls(): number {
    return this.control.stalls;
  }

  /** Another media source: nothing of it is known yet. */
  reset(): void {
    this.edge = undefined;
    this.joined = false;
    this.ready = false;
    this.decoded = false;
    this.control = joinLatency(now(), this.control);
  }

  /** After a pause: whatever is left of before it, go to the live edge with the next join. */
  expectJoin(): void {
    this.stale = true;
    if (this.picture === 'moving') this.show('standing');
  }

  setEdge(edge: BufferEdge): void {
    this.edge = edge;
    this.seekAfterJoin();
  }

  /** What has been appended goes up to the live edge. */
  join(target: Milliseconds): void {
    this.target = target;
    this.joined = true;
    this.control = joinLatency(now(), this.control);
    this.seekAfterJoin();
  }

  close(): void {
    clearInterval(this.timer);
    this.listening.abort();
  }

  private get level(): Milliseconds | undefined {
    return this.edge && milliseconds((this.edge.end - this.video.currentTime) * 1000);
  }

  private seekAfterJoin(): void {
    const { level } = this;
    if (!this.joined || level === undefined || this.video.readyState < HTMLMediaElement.HAVE_METADATA) return;
    const filling = !this.ready && level < this.targetMs && now() - this.control.joinedAt < FILL_MS;
    if (filling) return;
    this.joined = false;
    const outside = this.video.currentTime < (this.edge?.start ?? 0);
    const standing = outside || this.stale || this.picture !== 'moving';
    this.stale = false;
    if (joinMustSeek(level, this.targetMs, standing)) this.seekTo(this.targetMs);
    if (!this.ready) this.events.onReady();
    this.ready = true;
  }

  private tick(): void {
    const { level } = this;
    if (level === undefined || this.video.paused) return;
    const waited = this.waitingSince === undefined ? 0 : now() - this.waitingSince;
    if (waited > BLINK_MS && this.picture === 'moving') this.show('standing');
    const { action, state } = decideLatency(
      {
        now: now(),
        level,
        started: this.decoded,
        waiting: this.waitingSince !== undefined,
        seeking: this.video.seeking,
        excused: !this.isFed(),
      },
      this.target,
      this.control,
    );
    this.control = state;
    if (action.do === 'seek') {
      this.seeks += 1;
      this.seekTo(action.level);
    } else if (this.video.playbackRate !== action.rate) {
      this.video.playbackRate = action.rate;
    }
  }

  private seekTo(level: Milliseconds): void {
    if (!this.edge) return;
    this.video.currentTime = Math.max(this.edge.start, this.edge.end - level / 1000);
  }

  private onDecoded(): void {
    this.decoded = true;
  }

  private onPlaying(): void {
    this.waitingSince = undefined;
    this.decoded = true;
    if (!this.stale) this.show('moving');
  }

  private onWaiting(): void {
    this.waitingSince ??= now();
  }

  private show(picture: PictureState): void {
    this.picture = picture;
    this.events.onPicture(picture);
  }
}
