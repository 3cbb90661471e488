import { TICKS_PER_SECOND, type Ticks90k, ticks90k } from '@topicast/contracts/units';
import { type AudioFrame, sameConfig } from '../codec/codec.js';
import type { AudioRun, Placement } from './sample.js';

/** How far the counter may be from a time stamp, in frames, because stamps are rounded and jitter. */
const MAX_DRIFT_FRAMES = 1.5;
/** Stamps that are off to the same side by more than this share of a second, and for so many frames, are right. */
const LASTING_SHARE = 100;
const LASTING_FRAMES = 16;
/** After a loss: only as much as rounding explains. */
const MAX_DRIFT_FRAMES_AFTER_LOSS = 0.1;

interface Position {
  /** In samples of this rate. */
  readonly instant: number;
  readonly sampleRate: number;
  readonly epoch: number;
}

/**
 * Gives the frames of one audio track their times: one run, or several if the sound has a gap or changes its format.
 * Times come from counting samples, because rounded 90 kHz time stamps would leave gaps and overlaps of one sample.
 */
export class AudioClock {
  readonly #pid: number;
  /** Frames from before this instant are left out. */
  readonly #from: number;
  /** Frames from before the beginning of the timeline, or without a time stamp that has a place in it. */
  droppedFrames = 0;
  /** Where the next frame begins; undefined until a time stamp tells. */
  #next: Position | undefined;
  #maxDrift = MAX_DRIFT_FRAMES;
  /** How many of the last frames have had time stamps that were off, those that were early taken from those that were late. */
  #off = 0;

  constructor(pid: number, from = 0) {
    this.#pid = pid;
    this.#from = from;
  }

  /** Frames before the next one are missing. */
  lose(): void {
    this.#maxDrift = MAX_DRIFT_FRAMES_AFTER_LOSS;
  }

  /** Count from the next time stamp on, whatever was counted before. */
  resync(): void {
    this.#maxDrift = 0;
  }

  runs(frames: readonly AudioFrame[], place: (pts: number) => Placement | undefined): AudioRun[] {
    const runs: Run[] = [];
    for (const frame of frames) {
      if (frame.pts !== undefined) this.#follow(frame, place(frame.pts));
      if (this.#next?.sampleRate !== frame.config.sampleRate) this.#next = undefined;
      const position = this.#next;
      if (position) this.#next = { ...position, instant: position.instant + frame.length };
      if (!position || position.instant < this.#from) {
        this.droppedFrames++;
        continue;
      }
      let run = runs.at(-1);
      if (!run || !continues(run, frame, position)) {
        run = {
          pid: this.#pid,
          config: frame.config,
          frames: [],
          start: position.instant,
          epoch: position.epoch,
        };
        runs.push(run);
      }
      run.frames.push(frame);
    }
    return runs;
  }

  /** Keeps counting if the time stamp agrees; otherwise follows the time stamp. */
  #follow({ config, length }: AudioFrame, placement: Placement | undefined): void {
    if (!placement) {
      this.#next = undefined;
      return;
    }
    const { sampleRate } = config;
    const instant = Math.round((placement.presentation * sampleRate) / TICKS_PER_SECOND);
    const drift =
      this.#next?.sampleRate === sampleRate ? instant - this.#next.instant : Number.POSITIVE_INFINITY;
    // Jitter goes to both sides, but a frame that was left out does not.
    this.#off = Math.abs(drift) < sampleRate / LASTING_SHARE ? 0 : this.#off + Math.sign(drift);
    const agrees = Math.abs(drift) <= length * this.#maxDrift && Math.abs(this.#off) < LASTING_FRAMES;
    this.#next = { instant: agrees ? instant - drift : instant, sampleRate, epoch: placement.epoch };
    this.#maxDrift = MAX_DRIFT_FRAMES;
  }
}

/** A growing run. */
type Run = AudioRun & { readonly frames: AudioFrame[] };

/** Where a run ends, in samples. */
export const endOf = ({ frames, start }: AudioRun): number =>
  frames.reduce((sum, { length }) => sum + length, start);

/** A place in a run, in 90 kHz ticks. */
export const ticksOf = (instant: number, { config }: AudioRun): Ticks90k =>
  ticks90k((instant * TICKS_PER_SECOND) / config.sampleRate);

const continues = (run: Run, frame: AudioFrame, next: Position): boolean =>
  endOf(run) === next.instant && run.epoch === next.epoch && sameConfig(run.config, frame.config);
