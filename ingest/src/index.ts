export type { Doorkeeper, Found, PublisherEnd, Refusal, Seat } from './doorkeeper.js';
export { listenForRtmp, type RtmpListener, type RtmpStats } from './rtmp/listener.js';
export { type Listening, SrtReceiver } from './srt/receiver.js';
