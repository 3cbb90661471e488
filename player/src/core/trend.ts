import { Milliseconds } from '@topicast/contracts/units';

/** The queue in a stretch of time. The least of it is what did not drain. */
interface Stretch {
  readonly since: number;
  readonly least: number;
  readonly most: number;
  readonly last: number;
}

/**
 * Where much too much is sent, the queue grows through three of these in a row, and does not fall in the last one, as it
 * does behind a keyframe and a lost packet.
 */
const STEP_MS = 150;
const STEP_GROWTH_MS = 25;
const STEP_FALL_MS = 25;
const FAST_MS = 100;
/** Where a little too much is sent, a keyframe's queue has not drained when the next one comes. */
const GOP_MS = { least: 700, most: 1_500 } as const;
/** Judged this early, a change is still in time for the next keyframe. */
const JUDGED_AT = 0.75;
const GOP_GROWTH_MS = 40;
const KEPT_GOPS = 5;
const STANDING_MS = 60;

/** Whether a queue grows for good, or only for a moment, as it does behind each keyframe and each lost packet. */
export class Trend {
  #steps: Stretch[] = [];
  #gops: Stretch[] = [];
  #gopLength: number = GOP_MS.most;
  #isJudged = false;
  #calmSince: Milliseconds = Milliseconds.never;
  #isGrowing = false;

  get isGrowing(): boolean {
    return this.#isGrowing;
  }

  /** Since when the queue has drained again and again. */
  get calmSince(): Milliseconds {
    return this.#calmSince;
  }

  add(at: Milliseconds, queue: Milliseconds, keyframe: boolean): void {
    const [gop] = this.#gops;
    const age = gop ? at - gop.since : 0;
    if (!this.#isJudged && age >= this.#gopLength * JUDGED_AT) this.#judgeGop(at);
    const ends = (keyframe && age >= GOP_MS.least) || age >= GOP_MS.most;
    if (ends) {
      this.#gopLength = age;
      this.#isJudged = false;
    }
    this.#gops = extend(this.#gops, at, queue, ends, KEPT_GOPS);
    const [step] = this.#steps;
    const isNext = step !== undefined && at - step.since >= STEP_MS;
    if (isNext) this.#judgeSteps(at);
    this.#steps = extend(this.#steps, at, queue, isNext, 3);
  }

  /** Judge by what comes from now on, a keyframe, beside what has queued up so far. */
  renew(at: Milliseconds, queue: Milliseconds): void {
    this.#steps = [];
    const before = beginning(at, queue);
    this.#gops = [{ ...before, least: Number.POSITIVE_INFINITY }, before];
    this.#isJudged = false;
    this.#isGrowing = false;
  }

  reset(): void {
    this.#steps = [];
    this.#gops = [];
    this.#isGrowing = false;
  }

  #judgeGop(at: Milliseconds): void {
    this.#isJudged = true;
    const [now, ...before] = this.#gops;
    const isStanding = now!.least >= STANDING_MS;
    const least = Math.min(...before.map((each) => each.least));
    this.#isGrowing = isStanding && before.length > 0 && now!.least - least >= GOP_GROWTH_MS;
    if (isStanding) this.#calmSince = at;
  }

  #judgeSteps(at: Milliseconds): void {
    const [now, before, first] = this.#steps;
    if (!now || !before || !first || now.least < FAST_MS) return;
    if (now.most - now.last > STEP_FALL_MS) return;
    const growths = [now.least - before.least, before.least - first.least];
    if (growths.some((growth) => growth < STEP_GROWTH_MS)) return;
    this.#isGrowing = true;
    this.#calmSince = at;
  }
}

const beginning = (at: number, queue: number): Stretch => ({
  since: at,
  least: queue,
  most: queue,
  last: queue,
});

/** @returns the newest first, and only those that are needed */
function extend(stretches: readonly Stretch[], at: number, queue: number, isNext: boolean, kept: number) {
  const [newest, ...older] = stretches;
  if (!newest || isNext) return [beginning(at, queue), ...stretches].slice(0, kept);
  return [
    { ...newest, least: Math.min(newest.least, queue), most: Math.max(newest.most, queue), last: queue },
    ...older,
  ];
}
