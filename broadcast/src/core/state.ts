import type { BitsPerSecond, Bytes, Milliseconds } from '@topicast/contracts/units';

export type BroadcastState =
  | { readonly at: 'connecting' }
  /** The connection is gone; it comes again by itself. `words`: what the server said, or that it is away. */
  | { readonly at: 'waiting'; readonly words: string }
  | { readonly at: 'on air' }
  /** It does not come again by itself. */
  | { readonly at: 'ended'; readonly words: string };

/** Of the last seconds, unless it says otherwise. */
export interface BroadcastStats {
  /** Of all that is sent. */
  readonly bitrate: BitsPerSecond;
  /** What the picture may have at present; less than its ceiling if the uplink is slow. */
  readonly pictureBitrate: BitsPerSecond;
  readonly ceiling: BitsPerSecond;
  readonly frameRate: number;
  readonly width: number;
  readonly height: number;
  readonly codec: string;
  /** To the server and back, with all that waits on the way. */
  readonly delay: Milliseconds;
  /** How much of that is waiting. */
  readonly queueDelay: Milliseconds;
  /** From a picture's arrival to the end of its encoding. */
  readonly encodeDelay: Milliseconds;
  /** Since the start: pictures left out for the uplink, and for the encoder, and frames of sound. */
  readonly dropped: { readonly uplink: number; readonly encoder: number; readonly sound: number };
  /** Since the start. */
  readonly sent: Bytes;
}

export interface BroadcastSettings {
  readonly maxHeight: number;
  readonly frameRate: number;
  readonly pictureBitrate: BitsPerSecond;
  readonly soundBitrate: BitsPerSecond;
}
