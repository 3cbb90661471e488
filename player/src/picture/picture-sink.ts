import { Milliseconds, milliseconds, type Seconds } from '@topicast/contracts/units';
import type { Fragment } from '@topicast/media/fmp4';
import { CONTROL_PERIOD_MS } from '../core/latency.js';
import { mediaAt } from '../core/release.js';
import type { MediaSink } from '../mse/media-sink.js';
import type { PageFacts, PictureReport, ToPictures } from './messages.js';
import { Pace } from './pace.js';
import { PictureDecoder } from './picture-decoder.js';
import { PictureOutlet } from './picture-outlet.js';
import { KEPT_WITHOUT_CLOCK, PictureQueue } from './picture-queue.js';

/** A decoder that is further behind than this goes on at a keyframe. */
const MOST_BEHIND_MS = 1_000;
/** What is left out that soon after late pictures is the network's doing. */
const CATCH_UP_MS = 1_000;
const REPORT_MS = 100;

export interface PictureSinkEvents {
  /** What came so far has been taken. */
  onAppended(): void;
  onReport(report: PictureReport): void;
  /**
   * Called at most once; nothing more follows.
   * @param isDamage another sink can go on with what comes next
   */
  onFailed(message: string, isDamage: boolean): void;
}

/** Decodes pictures, and shows each one when it is due: a media source of our own, without its reserve. */
export class PictureSink implements MediaSink {
  readonly #events: PictureSinkEvents;
  readonly #pace = new Pace();
  readonly #decoder: PictureDecoder;
  readonly #queue: PictureQueue;
  readonly #timer: ReturnType<typeof setInterval>;
  #outlet: PictureOutlet | undefined;
  /** Which may be further behind than this player would be. */
  #isInGroup = false;
  /** Nothing has been on the screen yet, so any picture is better than none. */
  #isBlank: boolean;
  #skipped = 0;
  /** When a picture came after its time. */
  #lateAt = Milliseconds.never;
  #reported: PictureReport | undefined;
  #reportedAt = Milliseconds.never;
  #closed = false;

  /** @param isFirst no other sink has been there before */
  constructor(events: PictureSinkEvents, isFirst: boolean) {
    this.#events = events;
    this.#isBlank = isFirst;
    this.#decoder = new PictureDecoder({
      onPicture: (picture) => this.#onPicture(picture),
      onDamaged: (message) => this.#fail(message, true),
      onFailed: (message) => this.#fail(message),
    });
    this.#queue = new PictureQueue({
      clock: () => this.#pace.clock,
      coming: () => this.#decoder.coming,
      show: (picture) => this.#show(picture),
      keepsAll: () => this.#isInGroup,
      onSkipped: (count) => this.#leftOut(count),
      onTaken: () => this.#pump(),
    });
    this.#timer = setInterval(() => this.#tick(), CONTROL_PERIOD_MS);
  }

  /** The pictures due at the join must be among those that are kept until then. */
  get isIdle(): boolean {
    const { clock, target, step } = this.#pace;
    return clock === undefined && !this.#isInGroup && target <= KEPT_WITHOUT_CLOCK * step;
  }

  append(fragments: readonly Fragment[]): void {
    if (this.#closed) return;
    for (const fragment of fragments) {
      if (fragment.track !== 'video') {
        this.#fail('the sound goes with the picture');
        return;
      }
      try {
        this.#decoder.push(fragment);
      } catch (error) {
        this.#fail(String(error));
      }
      if (this.#closed) return;
      const end = milliseconds(fragment.end * 1000);
      const { clock } = this.#pace;
      const now = Milliseconds.now();
      if (clock && end < mediaAt(clock, now)) this.#lateAt = now;
      this.#pace.received(end);
    }
    this.#pump();
    this.#learnNewest();
    this.#events.onAppended();
  }

  receive(message: ToPictures): void {
    if (this.#closed) return;
    switch (message.do) {
      case 'show':
        this.#outlet = new PictureOutlet(message.track);
        this.#pace.wanted = message.wanted;
        this.#isInGroup = message.group;
        break;
      case 'join':
        this.#pace.join(message.wanted, message.standing, Milliseconds.now());
        this.#queue.releasedAt = Milliseconds.now();
        this.#queue.release();
        this.#report(true);
        break;
      case 'hold':
        this.#decoder.clear();
        this.#queue.clear();
        this.#pace.hold();
        this.#report(true);
        break;
      case 'know':
        this.#pace.facts = onOwnClock(message.facts);
        break;
    }
  }

  /** The clock knows better. */
  setPlayhead(_playhead: Seconds): void {}

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#decoder.close();
    this.#queue.clear();
    this.#outlet?.close();
  }

  #pump(): void {
    const { clock } = this.#pace;
    const { coming } = this.#decoder;
    if (clock && coming !== undefined && coming < mediaAt(clock, Milliseconds.now()) - MOST_BEHIND_MS) {
      this.#leftOut(this.#decoder.skipAhead());
    }
    this.#decoder.pump(this.#queue.length);
  }

  #onPicture(picture: VideoFrame): void {
    if (this.#closed) {
      picture.close();
      return;
    }
    const step = milliseconds((picture.duration ?? 0) / 1000 || this.#pace.step);
    const ready = milliseconds(picture.timestamp / 1000 + step);
    if (this.#isBlank) this.#preview(picture);
    this.#queue.add(picture);
    this.#pace.decoded({ end: ready, step, at: Milliseconds.now() });
    this.#pump();
    this.#learnNewest();
  }

  /** While the rest of the join is decoded. */
  #preview(picture: VideoFrame): void {
    if (!this.#outlet) return;
    this.#isBlank = false;
    if (!this.#pace.clock) this.#outlet.show(picture.clone());
  }

  /** What waits only for room is as good as decoded. */
  #learnNewest(): void {
    const kept = this.#decoder.keptWith(this.#queue.length);
    if (kept === undefined) return;
    const { end, step } = this.#pace;
    this.#pace.decoded({ end: milliseconds(end - kept * step), step, at: Milliseconds.now() });
  }

  #show(picture: VideoFrame): void {
    if (!this.#outlet) picture.close();
    else if (!this.#outlet.show(picture)) this.#leftOut(1);
    this.#pace.isStarted = true;
    if (!this.#reported?.moves) this.#report(this.#pace.movesAt(Milliseconds.now()));
  }

  /** The bursts of a join and of a gap are decoded to be left out, which says nothing about the decoder. */
  #leftOut(count: number): void {
    const isSlow = Milliseconds.now() - this.#lateAt > CATCH_UP_MS;
    if (this.#pace.isStarted && isSlow) this.#skipped += count;
  }

  #tick(): void {
    this.#pace.control(Milliseconds.now());
    this.#queue.release();
    this.#pump();
    this.#report(false);
  }

  #report(isNews: boolean): void {
    const now = Milliseconds.now();
    const pace = this.#pace;
    const { clock } = pace;
    const moves = pace.movesAt(now);
    const { rate } = this.#reported?.clock ?? {};
    const isDue =
      now - this.#reportedAt >= REPORT_MS || moves !== this.#reported?.moves || clock?.rate !== rate;
    if (!isNews && !isDue) return;
    this.#reportedAt = now;
    this.#reported = {
      clock: clock && { ...clock, at: milliseconds(performance.timeOrigin + clock.at) },
      ...{
        moves,
        level: pace.level,
        inHand: pace.isStarted ? pace.levelAt(now) : undefined,
        target: pace.target,
        ownTarget: pace.ownTarget,
        needs: pace.needs,
      },
      ...{ steady: pace.isSteady, end: pace.end, stalls: pace.stalls, seeks: pace.seeks },
      skipped: this.#skipped,
    };
    this.#events.onReport(this.#reported);
  }

  #fail(message: string, isDamage = false): void {
    if (this.#closed) return;
    this.close();
    this.#events.onFailed(message, isDamage);
  }
}

/** The clocks of a page and its worker have begun at different times. */
const onOwnClock = ({ step, ...facts }: PageFacts): PageFacts => ({
  ...facts,
  step: step && { ...step, at: milliseconds(step.at - performance.timeOrigin) },
});
