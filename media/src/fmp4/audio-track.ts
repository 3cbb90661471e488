import { TICKS_PER_SECOND, type Ticks90k, ticks90k, ticksToSeconds } from '@topicast/contracts/units';
import type { AudioFrame, AudioParameters } from './adts.js';
import { audioFragment, audioInit } from './boxes.js';
import type { Fragment, InitSegment } from './fragment.js';
import type { Placement } from './timeline.js';

/** How far the counter may be from a time stamp, in frames: stamps are rounded, and jitter. */
const MAX_DRIFT_FRAMES = 1.5;
/** After loss: only what rounding explains. */
const MAX_DRIFT_FRAMES_AFTER_LOSS = 0.1;

interface Position {
  /** In sampling instants of this rate. */
  readonly instant: number;
  readonly sampleRate: number;
  readonly epoch: number;
}

/** Frames that follow each other without a gap, in one format. */
interface Run {
  readonly frames: AudioFrame[];
  readonly parameters: AudioParameters;
  /** In sampling instants. */
  readonly start: number;
  readonly epoch: number;
}

/**
 * Audio frames in, one fragment out, or several where the sound has a gap or changes its format. Decode times come from
 * counting sampling instants; 90 kHz time stamps, rounded, would leave gaps and overlaps of one instant.
 */
export class AudioTrack {
  /** Frames from before the beginning of media time, or without a time stamp that has a place in it. */
  droppedFrames = 0;
  private sequence = 0;
  private parameters: AudioParameters | undefined;
  /** Where the next frame begins; undefined as long as no time stamp says. */
  private next: Position | undefined;
  private lastEpoch: number | undefined;
  private afterLoss = false;

  /** Frames before the next one are missing. */
  lose(): void {
    this.afterLoss = true;
  }

  fragments(
    frames: readonly AudioFrame[],
    place: (pts: number) => Placement | undefined,
  ): { fragments: Fragment[]; end: Ticks90k | undefined } {
    const runs: Run[] = [];
    for (const frame of frames) {
      if (frame.pts !== undefined) this.follow(frame, place(frame.pts));
      if (this.next?.sampleRate !== frame.parameters.sampleRate) this.next = undefined;
      const position = this.next;
      if (position) this.next = { ...position, instant: position.instant + frame.length };
      if (!position || position.instant < 0) {
        this.droppedFrames++;
        continue;
      }
      let run = runs.at(-1);
      if (!run || !continues(run, frame, position)) {
        run = { frames: [], parameters: frame.parameters, start: position.instant, epoch: position.epoch };
        runs.push(run);
      }
      run.frames.push(frame);
    }
    const fragments = runs.map((run) => this.toFragment(run));
    const last = runs.at(-1);
    const end = last && ticks90k((endOf(last) * TICKS_PER_SECOND) / last.parameters.sampleRate);
    return { fragments, end };
  }

  /** Keeps counting where the time stamp agrees, else goes by the time stamp. */
  private follow({ parameters, length }: AudioFrame, placement: Placement | undefined): void {
    if (!placement) {
      this.next = undefined;
      return;
    }
    const { sampleRate } = parameters;
    const { epoch } = placement;
    const instant = Math.round((placement.presentation * sampleRate) / TICKS_PER_SECOND);
    const maxDrift = length * (this.afterLoss ? MAX_DRIFT_FRAMES_AFTER_LOSS : MAX_DRIFT_FRAMES);
    const counted = this.next?.sampleRate === sampleRate ? this.next.instant : Number.POSITIVE_INFINITY;
    const agrees = Math.abs(instant - counted) <= maxDrift;
    this.next = { instant: agrees ? counted : instant, sampleRate, epoch };
    this.afterLoss = false;
  }

  private toFragment(run: Run): Fragment {
    const { frames, parameters, epoch } = run;
    const init = this.newInit(parameters);
    const discontinuity = this.lastEpoch !== undefined && this.lastEpoch !== epoch;
    this.lastEpoch = epoch;
    const seconds = (instant: number) =>
      ticksToSeconds(ticks90k((instant * TICKS_PER_SECOND) / parameters.sampleRate));
    return {
      track: 'audio',
      ...(init && { init }),
      data: audioFragment(this.sequence++, run.start, frames),
      start: seconds(run.start),
      end: seconds(endOf(run)),
      keyframe: true,
      samples: frames.length,
      discontinuity,
    };
  }

  private newInit(parameters: AudioParameters): InitSegment | undefined {
    if (this.parameters && sameParameters(this.parameters, parameters)) return undefined;
    this.parameters = parameters;
    return { mimeType: `audio/mp4; codecs="mp4a.40.${parameters.objectType}"`, data: audioInit(parameters) };
  }
}

const endOf = ({ frames, start }: Run): number => frames.reduce((sum, { length }) => sum + length, start);

const sameParameters = (a: AudioParameters, b: AudioParameters): boolean =>
  a.objectType === b.objectType && a.frequencyIndex === b.frequencyIndex && a.channels === b.channels;

const continues = (run: Run, frame: AudioFrame, next: Position): boolean =>
  endOf(run) === next.instant && run.epoch === next.epoch && sameParameters(run.parameters, frame.parameters);
