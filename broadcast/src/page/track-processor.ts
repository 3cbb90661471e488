/** W3C MediaStreamTrack Insertable Media Processing; missing in the compiler's library. Chromium has it on the page. */
interface TrackProcessor<Frame> {
  readonly readable: ReadableStream<Frame>;
}
interface TrackProcessorClass {
  new (options: {
    readonly track: MediaStreamTrack;
    readonly maxBufferSize?: number;
  }): TrackProcessor<unknown>;
}
declare global {
  var MediaStreamTrackProcessor: TrackProcessorClass | undefined;
}

const framesOf = (track: MediaStreamTrack, maxBufferSize?: number): ReadableStream<unknown> | undefined =>
  globalThis.MediaStreamTrackProcessor &&
  new globalThis.MediaStreamTrackProcessor({ track, ...(maxBufferSize !== undefined && { maxBufferSize }) })
    .readable;

/** Undefined where the browser cannot. A reader that is late gets the newest picture. */
export const picturesOf = (track: MediaStreamTrack): ReadableStream<VideoFrame> | undefined =>
  framesOf(track, 1) as ReadableStream<VideoFrame> | undefined;

/** Undefined where the browser cannot. */
export const soundOf = (track: MediaStreamTrack): ReadableStream<AudioData> | undefined =>
  framesOf(track) as ReadableStream<AudioData> | undefined;
