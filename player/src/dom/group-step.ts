import { isSyncGroup, type SyncNews } from '@topicast/contracts/sync';
import { Milliseconds, milliseconds, Seconds } from '@topicast/contracts/units';
import {
  canBeInStep,
  decideStep,
  followAge,
  followLag,
  isWorthTelling,
  type Need,
  placeAt,
  type StepState,
} from '../core/in-step.js';
import type { LatencyAction } from '../core/latency.js';
import type { PlayerStats, Problem } from '../core/types.js';
import type { Playing, Stepper } from './pace.js';
import type { Report } from './report.js';
import type { Screen } from './screen.js';

const UNSURE_MS = 3_000;

interface GroupStepParts {
  readonly screen: Screen;
  readonly report: Report;
  /** Tell the gateway what this player needs. */
  readonly tell: (needs: Milliseconds) => void;
}

/** @returns what is wrong with the name of a group */
export function badGroup(name: string): Problem | undefined {
  if (isSyncGroup(name)) return undefined;
  return {
    reason: 'protocol',
    message: `sync: "${name.slice(0, 80)}" is not the name of a group: use 1 to 63 of a-z, 0-9 and "-", beginning with a letter or digit.`,
  };
}

/** Knows where the group is, and steers one player to that place. */
export class GroupStep implements Stepper {
  readonly #parts: GroupStepParts;
  #need: Need | undefined;
  #news: SyncNews | undefined;
  /** As far as this player goes by it. */
  #used: SyncNews | undefined;
  #isTold = false;
  #unsureUntil = Milliseconds.never;
  #isInStep = false;
  #step: StepState | undefined;
  #behind: Milliseconds | undefined;
  /** How much later than its turn a picture is on the screen. */
  #lag = Milliseconds.zero;

  constructor(parts: GroupStepParts) {
    this.#parts = parts;
  }

  find({ place, level, own, isFed, by }: Playing): Seconds | undefined {
    const { clock, anchor } = this.#parts.report;
    const now = Milliseconds.now();
    const news = this.#recent(now, place !== undefined);
    this.#used = news;
    if (!clock || !anchor) return undefined;
    // A clock knows when it releases a picture; what is seen to be late was decoded late.
    if (by !== 'clock') this.#lag = followLag(this.#parts.screen.lag, this.#lag);
    const gatewayNow = milliseconds(performance.timeOrigin + now + clock.offset);
    const delay = Milliseconds.add(own, this.#lag);
    if (place !== undefined && isFed) {
      const late = Milliseconds.ofSeconds(Seconds.sub(placeAt(anchor, gatewayNow), place));
      const end = Seconds.add(place, Seconds.ofMilliseconds(level));
      this.#need = followAge(now, Milliseconds.sub(late, level), end, this.#need);
    }
    if (place !== undefined && this.#need) this.#need = this.#tell(now, this.#need, delay);
    const needs = Milliseconds.add(this.#need?.age ?? Milliseconds.zero, delay);
    this.#isInStep = news !== undefined && canBeInStep(news, needs, this.#isInStep);
    this.#behind = undefined;
    if (!news || !this.#isInStep) {
      this.#step = undefined;
      return undefined;
    }
    const found = placeAt(anchor, milliseconds(gatewayNow - news.delay + this.#lag));
    if (place !== undefined) this.#behind = Milliseconds.ofSeconds(Seconds.sub(found, place));
    return found;
  }

  steer({ level, by }: Playing, reach: Milliseconds): LatencyAction {
    const behind = this.#behind ?? Milliseconds.zero;
    const { action, state } = decideStep({ now: Milliseconds.now(), level, behind, reach, by }, this.#step);
    this.#step = state;
    return action;
  }

  get stats(): Pick<PlayerStats, 'syncDelayMs' | 'syncOffsetMs' | 'syncMembers'> {
    const news = this.#used;
    return {
      syncDelayMs: news?.member ? news.delay : undefined,
      syncOffsetMs: this.#behind,
      syncMembers: news?.members,
    };
  }

  /**
   * After a break, the gateway has yet to say where the group is, and one that is new to the group has yet to hear of the
   * other members. Until then it is where it was, or further behind.
   */
  #recent(now: Milliseconds, isPlaying: boolean): SyncNews | undefined {
    const { sync } = this.#parts.report;
    // Who rests has no place to stay at.
    if (!isPlaying) this.#unsureUntil = Milliseconds.never;
    else if (!sync && this.#isTold) this.#unsureUntil = milliseconds(now + UNSURE_MS);
    this.#isTold = sync !== undefined;
    if (now >= this.#unsureUntil) this.#news = sync;
    const before = this.#news;
    if (!sync || !before) return sync ?? before;
    return { ...sync, delay: milliseconds(Math.max(sync.delay, before.delay)) };
  }

  /** @param delay beside the age of the media */
  #tell(now: Milliseconds, need: Need, delay: Milliseconds): Need {
    const needs = milliseconds(Math.max(0, Math.ceil(need.age + delay)));
    if (!isWorthTelling(need, needs, now)) return need;
    this.#parts.tell(needs);
    return { ...need, told: { needs, at: now } };
  }
}
