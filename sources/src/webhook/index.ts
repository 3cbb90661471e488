/** Tells or asks the operator's own programs, over signed requests. */
export { type Message, post } from './post.js';
export { type Receiver, readReceivers } from './receiver.js';
