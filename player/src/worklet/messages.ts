import type { PcmBlock } from './pcm-ring.js';

/** From the page. All times are in seconds: `at` on the clock of the audio context, `media` on the media timeline. */
export type ToWorklet =
  /** Sound comes through this port. */
  | { readonly type: 'source'; readonly port: MessagePort }
  /** What is heard at `at` belongs to the picture at `media`, which moves at this rate. */
  | { readonly type: 'follow'; readonly at: number; readonly media: number; readonly rate: number }
  /** The picture is hidden and may stand still: play the sound as it comes. */
  | { readonly type: 'free' }
  /** Be silent: the picture stands still, or is about to jump. */
  | { readonly type: 'hold' };

/** From the worker that decodes. */
export type ToSource =
  | ({ readonly type: 'pcm' } & PcmBlock)
  /** Another media timeline begins. */
  | { readonly type: 'reset' };

/** To the worker: how many blocks have arrived in all, so that a suspended worklet does not fill the memory. */
export interface Taken {
  readonly blocks: number;
}

/** To the page, some ten times a second. */
export interface SoundReport {
  /** Media time of the sound that is heard minus that of the picture that is seen, in ms; absent unless it follows. */
  readonly offsetMs: number | undefined;
  /** The least sound that was in hand when more came, since the last report, ms; absent if none came in step. */
  readonly leastMs: number | undefined;
  /** All counts are since the beginning. */
  readonly underruns: number;
  readonly splices: number;
  readonly jumps: number;
  /** How much sound was heard, in ms. */
  readonly heardMs: number;
}
