import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { NO_EVIDENCE } from '../core/arrivals.js';
import { decideStep, type StepState } from '../core/in-step.js';
import {
  decideLatency,
  joinLatency,
  joinMustSeek,
  type LatencyAction,
  type LatencyState,
  type LatencyTarget,
  targetLevel,
} from '../core/latency.js';
import { type MediaClock, mediaAt, withRate } from '../core/release.js';
import type { PageFacts } from './messages.js';

/** Between the decoder's last word and the moment at which the picture is due. */
const SPARE_MS = 12;
/** What is needed of that even if chunks arrive exactly on time; late chunks are covered by what is above. */
const RESERVE_MS = 6;
const TOLERATED_MS = 80;
/** Nothing here is heard or seen when the rate changes, so a small error need not stay. */
const DEAD_BAND_MS = 5;
/** A viewer notices a picture that stands for longer. */
const UNSEEN_MS = 120;
const FIRST_STEP_MS = 33;
/** The picture stands until a clock that was put back is there again. */
const ANYWHERE = milliseconds(Number.POSITIVE_INFINITY);

/** The newest picture that was decoded, or could be if there were room for it. */
interface Newest {
  readonly end: Milliseconds;
  readonly at: Milliseconds;
  readonly step: Milliseconds;
}

/** Moves the clock of the pictures as the latency control says. */
export class Pace {
  /** Undefined before the first join, and in a pause. */
  clock: MediaClock | undefined;
  seeks = 0;
  /** A picture has been released since the join. */
  isStarted = false;
  /** The level that the embedding page asks for. */
  wanted: number | undefined;
  facts: PageFacts = { fed: true, lead: Milliseconds.zero, evidence: NO_EVIDENCE, step: undefined };
  #newest: Newest | undefined;
  /** Of all pictures that have come. */
  #end = Milliseconds.zero;
  #control: LatencyState = joinLatency(Milliseconds.now());
  /** The level at which this player is in step with its group; undefined: it goes alone. */
  #inStep: Milliseconds | undefined;
  #step: StepState | undefined;

  get end(): Milliseconds {
    return this.#end;
  }

  /** Smoothed, once there is enough to smooth. */
  get level(): Milliseconds | undefined {
    return this.#control.smoothed ?? this.levelAt(Milliseconds.now());
  }

  get target(): Milliseconds {
    return targetLevel(this.#aim, this.#control);
  }

  /** The target without a group. */
  get needs(): Milliseconds {
    return targetLevel(this.#target, this.#control);
  }

  get ownTarget(): Milliseconds {
    return milliseconds(this.#target.level - this.facts.lead);
  }

  get isSteady(): boolean {
    return this.isStarted && this.#control.starvedSince === undefined;
  }

  /** There is something to play. A decoder that hesitates is not waited for. */
  movesAt(now: Milliseconds): boolean {
    if (!this.clock || !this.isStarted) return false;
    return mediaAt(this.clock, now) - this.#end < Math.max(UNSEEN_MS, this.step);
  }

  get stalls(): number {
    return this.#control.stalls;
  }

  received(end: Milliseconds): void {
    this.#end = end;
  }

  decoded(newest: Newest): void {
    this.#newest = newest;
  }

  /** What has come reaches up to the live edge. @param standing whether a jump costs nothing */
  join(wanted: number | undefined, standing: boolean, now: Milliseconds): void {
    this.wanted = wanted;
    this.#control = joinLatency(now, this.#control);
    const { step } = this.facts;
    this.#inStep = step && milliseconds(this.#end - mediaAt(step, now));
    const level = this.clock ? milliseconds(this.#end - mediaAt(this.clock, now)) : undefined;
    if (level === undefined || joinMustSeek(level, this.target, standing))
      this.#seekTo(this.target, now, this.#end);
  }

  hold(): void {
    this.clock = undefined;
    this.#newest = undefined;
    this.isStarted = false;
  }

  control(now: Milliseconds): void {
    const level = this.levelAt(now);
    if (!this.clock || level === undefined) return;
    const { fed, evidence, step } = this.facts;
    this.#inStep = step && milliseconds(level + mediaAt(this.clock, now) - mediaAt(step, now));
    const { action: own, state } = decideLatency(
      {
        ...{ now, level, evidence, started: this.isStarted },
        ...{ waiting: false, seeking: false, excused: !fed, guided: step !== undefined },
      },
      this.#aim,
      this.#control,
      DEAD_BAND_MS,
    );
    this.#control = state;
    const action = this.#steer(now, level) ?? own;
    if (action.do === 'seek') {
      this.seeks += 1;
      // A decoder that reorders pictures keeps the newest ones, so what it has given counts, as for the level.
      if (step) {
        this.clock = step;
        this.#control = joinLatency(now, state);
      } else this.#seekTo(action.level, now, this.#newest?.end ?? this.#end);
      return;
    }
    // While nothing comes, the live edge moves on with the time.
    const rate = this.#isSilentAt(now) ? 1 : action.rate;
    if (rate !== this.clock.rate) this.clock = withRate(this.clock, now, rate);
  }

  #steer(now: Milliseconds, level: Milliseconds): LatencyAction | undefined {
    if (this.#inStep === undefined) {
      this.#step = undefined;
      return undefined;
    }
    const behind = Milliseconds.sub(level, this.#inStep);
    const { action, state } = decideStep({ now, level, behind, reach: ANYWHERE, by: 'clock' }, this.#step);
    this.#step = state;
    return action;
  }

  #isSilentAt(now: Milliseconds): boolean {
    return this.#newest !== undefined && now - this.#newest.at > Math.max(UNSEEN_MS, 2 * this.step);
  }

  /** How long a picture is shown. */
  get step(): Milliseconds {
    return this.#newest?.step ?? milliseconds(FIRST_STEP_MS);
  }

  /** Half of a picture is in hand on average even if each one is shown as soon as it comes. */
  get #target(): LatencyTarget {
    const half = this.step / 2;
    return {
      level: milliseconds((this.wanted ?? half + SPARE_MS) + this.facts.lead),
      reserve: milliseconds(half + RESERVE_MS),
      tolerated: milliseconds(TOLERATED_MS),
      overrun: milliseconds(Math.max(0, UNSEEN_MS - this.step)),
      showsLate: true,
    };
  }

  /** In a group, the level is whatever keeps this player in step. */
  get #aim(): LatencyTarget {
    const level = this.#inStep && Milliseconds.sub(this.#inStep, this.#control.backOff);
    return level === undefined ? this.#target : { ...this.#target, level };
  }

  /** In the middle of a picture: between two pictures that come in time, this stays the same. */
  levelAt(now: Milliseconds): Milliseconds | undefined {
    if (!this.clock || !this.#newest) return undefined;
    const { end, at, step } = this.#newest;
    const since = Math.min(now - at, step) - step / 2;
    return milliseconds(end - mediaAt(this.clock, now) + since);
  }

  #seekTo(level: Milliseconds, now: Milliseconds, end: Milliseconds): void {
    this.clock = { media: milliseconds(end - level), at: now, rate: 1 };
  }
}
