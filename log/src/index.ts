export * from './chunk-log.js';
export {
  type EventDefinition,
  type Events,
  type LogEvent,
  type NewEvent,
  openEvents,
} from './events.js';
export { MAX_APPEND_BYTES } from './records.js';
export { TableView } from './table-view.js';
export { Wake } from './wake.js';
