export type { Chunk, ChunkerStats } from './chunk.js';
export { Chunker } from './chunker.js';
