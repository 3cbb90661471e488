import { ticksToSeconds } from '@topicast/contracts/units';
import { endOf, ticksOf } from '../../samples/audio-clock.js';
import type { AudioRun } from '../../samples/sample.js';
import type { Fragment } from './fragment.js';
import type { FragmentWriter } from './fragment-writer.js';
import { InitSegments, TRACK_ID } from './init-segments.js';

/** Consecutive frames in, one fragment out. */
export class AudioTrack {
  readonly #writer: FragmentWriter;
  #sequence = 0;
  readonly #inits: InitSegments;
  #lastEpoch: number | undefined;

  constructor(writer: FragmentWriter) {
    this.#writer = writer;
    this.#inits = new InitSegments(writer);
  }

  fragment(run: AudioRun): Fragment {
    const init = this.#inits.next(run.config);
    const discontinuity = this.#lastEpoch !== undefined && this.#lastEpoch !== run.epoch;
    this.#lastEpoch = run.epoch;
    const samples = run.frames.map(({ data, length }) => ({ parts: [data], duration: length }));
    return {
      track: 'audio',
      ...(init && { init }),
      data: this.#writer.fragment(this.#sequence++, TRACK_ID.audio, run.start, samples),
      start: ticksToSeconds(ticksOf(run.start, run)),
      end: ticksToSeconds(ticksOf(endOf(run), run)),
      keyframe: true,
      samples: run.frames.length,
      discontinuity,
    };
  }
}
