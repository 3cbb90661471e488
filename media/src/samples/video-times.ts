import { TICKS_PER_SECOND, type Ticks90k, ticks90k } from '@topicast/contracts/units';
import { sameBytes } from '../bytes.js';
import { type AccessUnit, sameConfig, type VideoConfig } from '../codec/codec.js';
import { withLengths } from '../codec/nal.js';
import type { Placement, VideoSample } from './sample.js';

/** Before two pictures tell: 30 a second. */
const FIRST_STEP = ticks90k(TICKS_PER_SECOND / 30);

/** Makes samples from the access units of one track, once their places are known. */
export class VideoTimes {
  #config: VideoConfig | undefined;
  #last: Placement | undefined;
  /** Between the last two pictures, and the two before. */
  #steps: readonly [Ticks90k, Ticks90k] | undefined;

  /** Undefined before the first keyframe. */
  sample(pid: number, unit: AccessUnit, placement: Placement): VideoSample | undefined {
    if (unit.config) this.#configure(unit.config);
    const [config, last] = [this.#config, this.#last];
    if (!config) return undefined;
    if (last?.epoch === placement.epoch) {
      const step = ticks90k(placement.decode - last.decode);
      this.#steps = [step, this.#steps?.[0] ?? step];
    }
    this.#last = placement;
    const loose = unit.looseSets.filter(
      (set) => !config.parameterSets.some((known) => sameBytes(known, set)),
    );
    return {
      pid,
      placement,
      step: this.#steps?.[0],
      // The smaller one, because a gap is not a frame rate.
      duration: ticks90k(Math.min(...(this.#steps ?? [FIRST_STEP]))),
      keyframe: unit.config !== undefined,
      config,
      parts: withLengths([...loose, ...unit.nals]),
    };
  }

  #configure(config: VideoConfig): void {
    if (this.#config && sameConfig(this.#config, config)) return;
    // Copies, because views would keep the whole access unit in memory.
    this.#config = { ...config, parameterSets: config.parameterSets.map((set) => new Uint8Array(set)) };
  }
}
