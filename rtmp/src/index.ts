/** The wire of RTMP, for both sides of a connection: `ingest` listens with it, the restream processor publishes with it. */
export { readValues, type Value, type Written, writeValues } from './amf0.js';
export { ChunkReader, type ReaderLimits } from './chunk-reader.js';
export { chunksOf, controlMessage } from './chunk-writer.js';
export { type AudioTag, type PassedAudio, readAudioTag, writeAudioTag } from './flv/audio-tag.js';
export {
  type PassedVideo,
  readVideoTag,
  type VideoTag,
  type WrittenVideoTag,
  writeVideoTag,
} from './flv/video-tag.js';
export { ClientHandshake, Handshake } from './handshake.js';
export { type Message, TYPE } from './message.js';
export { WireError } from './wire-error.js';
