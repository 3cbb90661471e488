export type { Fragment, InitSegment, TrackKind } from './live/fragment.js';
export { coded, type FragmentWriter, mp4 } from './live/fragment-writer.js';
export { Transmuxer } from './live/transmuxer.js';
export { type Patch, type RecordedTrack, RecordingWriter } from './recording.js';
export { cmafInit, cmafPart, type PartNumber } from './segments.js';
export { type TimedSamples, timedPictures, timedSound } from './timed-samples.js';
