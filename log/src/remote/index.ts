export { LogServer } from './log-server.js';
export { RemoteLog } from './remote-log.js';
export type { SharedTails } from './shared-tails.js';
