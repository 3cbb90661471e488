export { type EmbeddedLogOptions, openEmbeddedLog } from './embedded-log.js';
