export { openEmbeddedLog } from './embedded-log.js';
