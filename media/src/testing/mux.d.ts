/** What the oracles of the differential tests uses of mux.js 7.1.0: its TS demuxer and its box generator, read from its source. */

/** lib/utils/stream.js: listeners are called at once, inside `push` and `flush`. */
interface MuxStream<Input, Output> {
  push(input: Input): void;
  flush(): void;
  reset(): void;
  on(type: 'data', listener: (output: Output) => void): void;
}

interface MuxTransportPacket {
  type: 'pat' | 'pmt' | 'pes';
  pid: number;
  payloadUnitStartIndicator: boolean;
  /** Of a PES packet whose PID is in the PMT. */
  streamType?: number;
}

interface MuxProgramMapTable {
  video: number | null;
  audio: number | null;
}

interface MuxPes {
  type: 'video' | 'audio' | 'timed-metadata' | 'metadata';
  trackId: number;
  /** A view that begins behind the PES header, in a buffer that begins with it. Empty if there was no such header. */
  data: Uint8Array;
  /** What the packet declares, with the 6 bytes up to the length field: 6 if it leaves its length open. */
  packetLength?: number;
  pts?: number;
  dts?: number;
}

declare module 'mux.js/lib/m2ts/m2ts.js' {
  const m2ts: {
    TransportParseStream: new () => MuxStream<Uint8Array, MuxTransportPacket> & {
      programMapTable: MuxProgramMapTable | undefined;
      /** Packets that came before the first PMT; nothing bounds it. */
      packetsWaitingForPmt: unknown[];
    };
    ElementaryStream: new () => MuxStream<MuxTransportPacket, MuxPes>;
    H264_STREAM_TYPE: 0x1b;
    ADTS_STREAM_TYPE: 0x0f;
  };
  export default m2ts;
}

declare module 'mux.js/lib/m2ts/timestamp-rollover-stream.js' {
  const rollover: {
    /** The value that a 33-bit timestamp stands for next to this reference. */
    handleRollover(timestamp: number, reference: number): number;
  };
  export default rollover;
}

declare module 'mux.js/lib/codecs/h264.js' {
  interface MuxNalUnit {
    nalUnitTypeCode: number;
    data: Uint8Array;
    /** Of a sequence parameter set. */
    config?: { sarRatio: [number, number] };
  }
  const h264: {
    /** `push` and `flush` throw on a sequence parameter set that is cut short. */
    H264Stream: new () => MuxStream<
      { type: 'video'; trackId: number; pts: number; dts: number; data: Uint8Array },
      MuxNalUnit
    >;
  };
  export default h264;
}

declare module 'mux.js/lib/mp4/mp4-generator.js' {
  interface MuxVideoTrack {
    type: 'video';
    id: number;
    width: number;
    height: number;
    profileIdc: number;
    profileCompatibility: number;
    levelIdc: number;
    sarRatio: readonly [number, number];
    sps: readonly Uint8Array[];
    pps: readonly Uint8Array[];
  }
  interface MuxAudioTrack {
    type: 'audio';
    id: number;
    /** Also the track's time scale. */
    samplerate: number;
    channelcount: number;
    samplesize: number;
    audioobjecttype: number;
    samplingfrequencyindex: number;
  }
  interface MuxVideoSample {
    duration: number;
    size: number;
    compositionTimeOffset: number;
    flags: {
      isLeading: number;
      dependsOn: number;
      isDependedOn: number;
      hasRedundancy: number;
      paddingValue: number;
      isNonSyncSample: number;
      degradationPriority: number;
    };
  }
  interface MuxTrackFragment {
    id: number;
    type: 'video';
    baseMediaDecodeTime: number;
    samples: readonly MuxVideoSample[];
  }
  const mp4: {
    initSegment(tracks: (MuxVideoTrack | MuxAudioTrack)[]): Uint8Array<ArrayBuffer>;
    moof(sequenceNumber: number, tracks: MuxTrackFragment[]): Uint8Array<ArrayBuffer>;
    mdat(payload: Uint8Array): Uint8Array<ArrayBuffer>;
  };
  export default mp4;
}
