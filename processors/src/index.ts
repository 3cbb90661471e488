export { type ProcessorsConfig, readProcessorsConfig } from './config.js';
export { ProcessorsMetrics } from './metrics/metrics.js';
export { type Processors, startProcessors } from './processors.js';
