export * from './chunk-log.js';
export { MAX_APPEND_BYTES } from './records.js';
