import { isSyncGroup } from '@topicast/contracts/sync';
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
  #isInStep = false;
  #step: StepState | undefined;
  #behind: Milliseconds | undefined;
  /** How much later than its turn a picture is on the screen. */
  #lag = Milliseconds.zero;

  constructor(parts: GroupStepParts) {
    this.#parts = parts;
  }

  find({ place, level, own, isUsual, by }: Playing): Seconds | undefined {
    const { clock, anchor, sync } = this.#parts.report;
    if (!clock || !anchor) return undefined;
    // A clock knows when it releases a picture; what is seen to be late was decoded late.
    if (by !== 'clock') this.#lag = followLag(this.#parts.screen.lag, this.#lag);
    const gatewayNow = milliseconds(performance.timeOrigin + performance.now() + clock.offset);
    const delay = Milliseconds.add(own, this.#lag);
    if (isUsual) {
      const late = Milliseconds.ofSeconds(Seconds.sub(placeAt(anchor, gatewayNow), place));
      const age = Milliseconds.sub(late, level);
      this.#need = this.#tell(followAge(Milliseconds.now(), age, this.#need), delay);
    }
    const needs = Milliseconds.add(this.#need?.age ?? Milliseconds.zero, delay);
    this.#isInStep = sync !== undefined && canBeInStep(sync, needs, this.#isInStep);
    if (!sync || !this.#isInStep) {
      this.#step = undefined;
      this.#behind = undefined;
      return undefined;
    }
    const found = placeAt(anchor, milliseconds(gatewayNow - sync.delay + this.#lag));
    this.#behind = Milliseconds.ofSeconds(Seconds.sub(found, place));
    return found;
  }

  steer({ level, by }: Playing, reach: Milliseconds): LatencyAction {
    const behind = this.#behind ?? Milliseconds.zero;
    const { action, state } = decideStep({ now: Milliseconds.now(), level, behind, reach, by }, this.#step);
    this.#step = state;
    return action;
  }

  get stats(): Pick<PlayerStats, 'syncDelayMs' | 'syncOffsetMs' | 'syncMembers'> {
    const { sync } = this.#parts.report;
    return {
      syncDelayMs: sync?.member ? sync.delay : undefined,
      syncOffsetMs: this.#behind,
      syncMembers: sync?.members,
    };
  }

  /** @param delay beside the age of the media */
  #tell(need: Need, delay: Milliseconds): Need {
    const needs = milliseconds(Math.max(0, Math.ceil(need.age + delay)));
    if (!isWorthTelling(need, needs)) return need;
    this.#parts.tell(needs);
    return { ...need, told: { needs, at: need.at } };
  }
}
