export * from './chunk-log.js';
export { EventOutbox } from './event-outbox.js';
export {
  type EventDefinition,
  type Events,
  type LogEvent,
  type NewEvent,
  openEvents,
} from './events.js';
export { followEvents } from './follow-events.js';
export { LossReport } from './loss-report.js';
export { untilLogAnswers } from './patience.js';
export { type Gap, SequenceGuard } from './sequence.js';
export { HEALTH_ROWS, STREAM_EVENTS } from './stream-topics.js';
