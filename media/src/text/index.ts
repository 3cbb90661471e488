export { type CaptionChange, CaptionReader } from './caption-reader.js';
export { type Id3Frame, readId3 } from './id3.js';
export type { TimedText } from './timed-text.js';
