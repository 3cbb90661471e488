export { listenForCameras } from './camera/listener.js';
export type { EntranceStats, Listener } from './door/entrance.js';
export type { Doorkeeper, Found, PublisherEnd, Refusal, Seat } from './doorkeeper.js';
export { listenForRtmp } from './rtmp/listener.js';
export { type Listening, SrtReceiver } from './srt/receiver.js';
export { listenForWhip } from './whip/listener.js';
