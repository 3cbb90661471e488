export * from './chunk-log.js';
export { MAX_APPEND_BYTES } from './records.js';
export { TableView } from './table-view.js';
export { Wake } from './wake.js';
