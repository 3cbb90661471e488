import type { BroadcastSettings, BroadcastState, BroadcastStats } from '../core/state.js';

/** Where the frames of a track come from: a stream of them, or messages, where the browser has no such stream. */
export type FrameFeed<Frame> =
  | { readonly kind: 'stream'; readonly frames: ReadableStream<Frame> }
  | { readonly kind: 'messages' };

/** Uncompressed sound of a worklet. */
export interface SoundBlock {
  readonly sampleRate: number;
  /** Since the worklet began. */
  readonly firstSample: number;
  /** One array a channel. */
  readonly planes: readonly Float32Array<ArrayBuffer>[];
}

export type ToWorker =
  | {
      readonly type: 'start';
      readonly address: string;
      readonly key: string;
      readonly settings: BroadcastSettings;
    }
  /** From now on; a source that was there before has ended. */
  | {
      readonly type: 'picture source';
      readonly feed: FrameFeed<VideoFrame>;
      /** It gives pictures only when they change, as screens do. */
      readonly mayStandStill: boolean;
    }
  | { readonly type: 'sound source'; readonly feed: FrameFeed<AudioData> }
  | { readonly type: 'picture'; readonly frame: VideoFrame }
  | { readonly type: 'sound'; readonly block: SoundBlock }
  | { readonly type: 'stop' };

export type ToPage =
  | { readonly type: 'state'; readonly state: BroadcastState }
  | { readonly type: 'stats'; readonly stats: BroadcastStats };
