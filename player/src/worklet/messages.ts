import type { PcmBlock } from './pcm-ring.js';

/** From the page. Times in seconds: `at` on the clock of the audio context, `media` on the media timeline. */
export type ToWorklet =
  /** Sound comes through this port. */
  | { readonly type: 'source'; readonly port: MessagePort }
  /** What is heard at `at` belongs to the picture at `media`, which moves at this rate. */
  | { readonly type: 'follow'; readonly at: number; readonly media: number; readonly rate: number }
  /** The picture is out of sight and may stand still: play on with what comes. */
  | { readonly type: 'free' }
  /** Silence: the picture stands still, or is somewhere else soon. */
  | { readonly type: 'hold' };

/** From the worker that decodes. */
export type ToSource =
  | ({ readonly type: 'pcm' } & PcmBlock)
  /** Another media timeline begins. */
  | { readonly type: 'reset' };

/** To the worker: how many blocks have arrived in all. A worklet that does not run must not fill up the memory. */
export interface Taken {
  readonly blocks: number;
}

/** To the page, some ten times a second. */
export interface SoundReport {
  /** Media time of the sound minus that of the picture, as heard and seen, ms; absent unless it follows. */
  readonly offsetMs: number | undefined;
  /** The least sound that was in hand when more came, since the last report, ms; absent if none came in step. */
  readonly leastMs: number | undefined;
  /** Counted since the beginning. */
  readonly underruns: number;
  readonly splices: number;
  readonly jumps: number;
  /** Sound that was heard, ms. */
  readonly heardMs: number;
}
