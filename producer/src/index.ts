export type { CommandLineInput } from './command-line.js';
export { type ProducerConfig, readProducerConfig } from './config.js';
export { findFfmpeg } from './ffmpeg/find.js';
export { type Producer, type ProducerOptions, startProducer } from './producer.js';
