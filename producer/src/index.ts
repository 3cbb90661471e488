export type { CommandLineInput } from './command-line.js';
export { readProducerConfig } from './config.js';
export { findFfmpeg } from './ffmpeg/find.js';
export { videoEncoder } from './ffmpeg/video-encoder.js';
export { ProducerMetrics } from './health/metrics.js';
export { startHealthServer } from './health/server.js';
export { type Producer, startProducer } from './producer.js';
