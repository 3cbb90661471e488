export type { Chunk, ChunkerStats, StreamFormat } from './chunk.js';
export { Chunker } from './chunker.js';
