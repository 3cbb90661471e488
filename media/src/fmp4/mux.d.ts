/**
 * mux.js 7.1.0 has no types. Here is what this folder uses of it, read from its source. The modules are CommonJS: the
 * default import is `module.exports`, in Node as in bundlers.
 */

declare module 'mux.js/lib/mp4/mp4-generator.js' {
  interface MuxVideoTrack {
    type: 'video';
    id: number;
    width: number;
    height: number;
  }
  interface MuxAudioTrack {
    type: 'audio';
    id: number;
    /** Also the track's time scale. */
    samplerate: number;
    channelcount: number;
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
  interface MuxAudioSample {
    duration: number;
    size: number;
  }
  type MuxTrackFragment = { id: number; baseMediaDecodeTime: number } & (
    | { type: 'video'; samples: readonly MuxVideoSample[] }
    | { type: 'audio'; samples: readonly MuxAudioSample[] }
  );
  const mp4: {
    /** ftyp and moov, of no known duration: `mvhd`, `tkhd` and `mdhd` say 0xffffffff. */
    initSegment(tracks: (MuxVideoTrack | MuxAudioTrack)[]): Uint8Array<ArrayBuffer>;
    moof(sequenceNumber: number, tracks: MuxTrackFragment[]): Uint8Array<ArrayBuffer>;
  };
  export default mp4;
  export type { MuxAudioTrack, MuxTrackFragment, MuxVideoTrack };
}
