export { type AudioConfig, sameConfig } from '../codec/codec.js';
export { MediaTimeline } from './media-timeline.js';
export type { AudioRun, ChunkSamples, DataSample, Placement, SampleClock, VideoSample } from './sample.js';
export { SampleReader, type SampleStats } from './sample-reader.js';
export { StreamClock } from './stream-clock.js';
