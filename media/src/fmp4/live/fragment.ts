import type { Seconds } from '@topicast/contracts/units';

export type TrackKind = 'video' | 'audio';

export interface InitSegment {
  /** For `addSourceBuffer` and `changeType`: `video/mp4; codecs="avc1.64001f"`. */
  readonly mimeType: string;
  readonly data: Uint8Array<ArrayBuffer>;
  /** Of a picture: what sets a decoder up that reads no MP4 (WebCodecs). */
  readonly decoder?: { readonly codec: string; readonly description: Uint8Array<ArrayBuffer> };
  readonly width?: number;
  readonly height?: number;
}

/** One video access unit, or the audio frames of one chunk. */
export interface Fragment {
  readonly track: TrackKind;
  /** Present if the decoder's parameters are new; append it first. */
  readonly init?: InitSegment;
  /** What a writer (fragment-writer.ts) has made of the samples. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Presentation time on the media timeline of its first sample; and the true end (declared durations are longer). */
  readonly start: Seconds;
  readonly end: Seconds;
  readonly keyframe: boolean;
  readonly samples: number;
  /** The previous fragments were on another timeline: this one was rebased. */
  readonly discontinuity: boolean;
}
