import { TICKS_PER_SECOND, type Ticks90k, ticks90k, ticksToSeconds } from '@topicast/contracts/units';
import { type AccessUnit, sameBytes, type VideoParameters } from './access-unit.js';
import { videoFragment, videoInit } from './boxes.js';
import type { Fragment, InitSegment } from './fragment.js';
import type { Placement } from './timeline.js';

/**
 * MSE takes a step of the decode time over twice the duration declared before it for a gap, and drops all up to the next
 * keyframe (W3C MSE 3.5.8). The true duration is not known before the next picture is here, so a long one is declared.
 */
const MIN_DECLARED = TICKS_PER_SECOND / 2;
/** A picture that comes later than that has its decode time put here; its presentation time stays true. */
const MAX_DECODE_STEP = 1.8;
/** Until two pictures tell: 30 a second. */
const FIRST_STEP = TICKS_PER_SECOND / 30;

/** One access unit in, one fragment out. */
export class VideoTrack {
  private sequence = 0;
  private parameters: VideoParameters | undefined;
  private last: { placement: Placement; decodeTime: number; declared: number } | undefined;
  /** Between the last two pictures, and the two before. */
  private steps: readonly [number, number] | undefined;

  /** The first unit must be a keyframe. */
  fragment(unit: AccessUnit, placement: Placement): { fragment: Fragment; end: Ticks90k } {
    const keyframe = unit.parameters !== undefined;
    const before = this.last?.placement.epoch === placement.epoch ? this.last : undefined;
    if (before) {
      const step = placement.decode - before.placement.decode;
      this.steps = [step, this.steps?.[0] ?? step];
    }
    const steps = this.steps ?? [FIRST_STEP];
    const decodeTime = before
      ? Math.min(placement.decode, before.decodeTime + Math.floor(before.declared * MAX_DECODE_STEP))
      : placement.decode;
    const declared = Math.max(MIN_DECLARED, steps[0]);
    const discontinuity = this.last !== undefined && !before;
    this.last = { placement, decodeTime, declared };
    const init = unit.parameters && this.newInit(unit.parameters);
    const data = videoFragment(this.sequence++, {
      nals: [
        ...unit.loosePps.filter((pps) => !this.parameters?.pps.some((known) => sameBytes(known, pps))),
        ...unit.nals,
      ],
      keyframe,
      decodeTime,
      compositionOffset: placement.presentation - decodeTime,
      duration: declared,
    });
    // The lesser: a gap is not a frame rate.
    const end = ticks90k(placement.presentation + Math.min(...steps));
    const fragment: Fragment = {
      track: 'video',
      ...(init && { init }),
      data,
      start: ticksToSeconds(placement.presentation),
      end: ticksToSeconds(end),
      keyframe,
      samples: 1,
      discontinuity,
    };
    return { fragment, end };
  }

  private newInit(parameters: VideoParameters): InitSegment | undefined {
    const before = this.parameters;
    if (before && sameSets(before.sps, parameters.sps) && sameSets(before.pps, parameters.pps))
      return undefined;
    // Copies: the views would keep the whole access unit.
    const [sps, pps] = [parameters.sps, parameters.pps].map((sets) => sets.map((set) => set.slice()));
    this.parameters = { ...parameters, sps: sps!, pps: pps! };
    const { codec, width, height } = parameters.picture;
    return { mimeType: `video/mp4; codecs="${codec}"`, data: videoInit(parameters), width, height };
  }
}

const sameSets = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((set, i) => sameBytes(set, b[i]!));
