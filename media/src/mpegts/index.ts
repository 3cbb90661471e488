export type { Chunk, ChunkerStats } from './chunk.js';
export { ChunkReader, type TrackUnits, type Unit } from './chunk-reader.js';
export { Chunker } from './chunker.js';
export { Continuation } from './continuation.js';
export { bytesWithout, copyWithout, type TrackPids, trackPidsOf } from './parts.js';
export { SoundFill } from './sound-fill.js';
export type { AudioPid, ProgrammeTrack, VideoPid } from './tracks.js';
export { TransportWriter, type WrittenTrack, type WrittenUnit } from './transport-writer.js';
