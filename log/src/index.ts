export * from './chunk-log.js';
export {
  type EventDefinition,
  type Events,
  type LogEvent,
  type NewEvent,
  openEvents,
} from './events.js';
export { LossReport } from './loss-report.js';
export { untilLogAnswers } from './patience.js';
export { type Gap, SequenceGuard } from './sequence.js';
