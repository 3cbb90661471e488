export type { Chunk, ChunkerStats } from './chunk.js';
export { Chunker } from './chunker.js';
export { Continuation } from './continuation.js';
export { OtherTables } from './other-tables.js';
export { bytesWithout, copyWithout, type TrackPids, trackPidsOf } from './parts.js';
export { PictureAlone } from './picture-alone.js';
export { SoundFill } from './sound-fill.js';
export { unwrapNear } from './timeline.js';
export { TransportWriter, type WrittenTrack, type WrittenUnit } from './transport-writer.js';
