export * from './chunk-log.js';
