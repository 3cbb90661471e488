import { TICKS_PER_SECOND, ticks90k, ticksToSeconds } from '@topicast/contracts/units';
import type { VideoSample } from '../../samples/sample.js';
import type { Fragment } from './fragment.js';
import type { FragmentWriter } from './fragment-writer.js';
import { InitSegments, TRACK_ID } from './init-segments.js';

/**
 * MSE treats a step of the decode time of more than twice the previously declared duration as a gap, and drops
 * everything up to the next keyframe (W3C MSE 3.5.8). The true duration is unknown before the next picture arrives, so
 * we declare a long one.
 */
const MIN_DECLARED = TICKS_PER_SECOND / 2;
/** A picture that comes even later gets this decode time; its presentation time stays true. */
const MAX_DECODE_STEP = 1.8;

/** One picture in, one fragment out. */
export class VideoTrack {
  readonly #writer: FragmentWriter;
  #sequence = 0;
  readonly #inits: InitSegments;
  #last: { epoch: number; decodeTime: number; declared: number } | undefined;

  constructor(writer: FragmentWriter) {
    this.#writer = writer;
    this.#inits = new InitSegments(writer);
  }

  /** The next one is a keyframe and need not continue the previous one, even where the time line does. */
  begin(): void {
    this.#last = undefined;
  }

  /** The first one must be a keyframe. */
  fragment(sample: VideoSample): Fragment {
    const { placement, keyframe, parts, config, duration } = sample;
    const { decode, presentation, epoch } = placement;
    const before = this.#last?.epoch === epoch ? this.#last : undefined;
    const decodeTime = before
      ? Math.min(decode, before.decodeTime + Math.floor(before.declared * MAX_DECODE_STEP))
      : decode;
    const declared = Math.max(MIN_DECLARED, sample.step ?? 0);
    const discontinuity = this.#last !== undefined && !before;
    this.#last = { epoch, decodeTime, declared };
    const init = this.#inits.next(config);
    const video = { keyframe, compositionOffset: presentation - decodeTime };
    const samples = [{ parts, duration: declared, video }];
    return {
      track: 'video',
      ...(init && { init }),
      data: this.#writer.fragment(this.#sequence++, TRACK_ID.video, decodeTime, samples),
      start: ticksToSeconds(presentation),
      end: ticksToSeconds(ticks90k(presentation + duration)),
      keyframe,
      samples: 1,
      discontinuity,
    };
  }
}
