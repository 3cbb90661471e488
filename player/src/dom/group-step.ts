import { isSyncGroup } from '@topicast/contracts/sync';
import { Milliseconds, milliseconds, Seconds } from '@topicast/contracts/units';
import {
  canBeInStep,
  decideStep,
  followAge,
  isWorthTelling,
  type Need,
  placeAt,
  type StepState,
} from '../core/in-step.js';
import type { LatencyAction } from '../core/latency.js';
import type { PlayerStats, Problem } from '../core/types.js';
import type { Stepper } from './pace.js';
import type { Report } from './report.js';
import type { Screen } from './screen.js';

interface GroupStepParts {
  readonly video: HTMLVideoElement;
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
  #lag = Milliseconds.zero;

  constructor(parts: GroupStepParts) {
    this.#parts = parts;
  }

  level(end: Seconds, own: Milliseconds, isFed: boolean): Milliseconds | undefined {
    const { clock, anchor, sync } = this.#parts.report;
    if (!clock || !anchor) return undefined;
    const gatewayNow = milliseconds(performance.timeOrigin + performance.now() + clock.offset);
    if (isFed) {
      const age = Milliseconds.ofSeconds(Seconds.sub(placeAt(anchor, gatewayNow), end));
      this.#need = this.#tell(followAge(Milliseconds.now(), age, this.#need), own);
    }
    const needs = Milliseconds.add(this.#need?.age ?? Milliseconds.zero, own);
    this.#isInStep = sync !== undefined && canBeInStep(sync, needs, this.#isInStep);
    if (!sync || !this.#isInStep) {
      this.#step = undefined;
      return undefined;
    }
    const place = placeAt(anchor, Milliseconds.sub(gatewayNow, sync.delay));
    return Milliseconds.sub(Milliseconds.ofSeconds(Seconds.sub(end, place)), this.#lag);
  }

  steer(level: Milliseconds, behind: Milliseconds, reach: Milliseconds, hasAudio: boolean): LatencyAction {
    this.#lookAtScreen();
    const sample = { now: Milliseconds.now(), level, behind, reach, hasAudio };
    const { action, state } = decideStep(sample, this.#step);
    this.#step = state;
    return action;
  }

  get stats(): Pick<PlayerStats, 'syncDelayMs' | 'syncOffsetMs' | 'syncMembers'> {
    const { sync } = this.#parts.report;
    return {
      syncDelayMs: sync?.member ? sync.delay : undefined,
      syncOffsetMs: this.#step?.behind,
      syncMembers: sync?.members,
    };
  }

  #tell(need: Need, own: Milliseconds): Need {
    const needs = milliseconds(Math.max(0, Math.ceil(need.age + own)));
    if (!isWorthTelling(need, needs)) return need;
    this.#parts.tell(needs);
    return { ...need, told: { needs, at: need.at } };
  }

  /** How much later than the playhead a picture is on the screen. */
  #lookAtScreen(): void {
    const { video, screen } = this.#parts;
    const { place } = screen;
    if (place) this.#lag = milliseconds((video.currentTime - place.media) * 1000);
  }
}
