/** One RTMP message (Adobe RTMP 1.0, 5.4 and 7.1). */
export interface Message {
  readonly type: number;
  /** Milliseconds in 32 bits, which go round. */
  readonly timestamp: number;
  /** The message stream: 0 for the connection itself. */
  readonly streamId: number;
  readonly body: Uint8Array;
}

/** Message type ids. */
export const TYPE = {
  chunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowSize: 5,
  peerBandwidth: 6,
  audio: 8,
  video: 9,
  data3: 15,
  command3: 17,
  data: 18,
  command: 20,
  aggregate: 22,
} as const;
