export type { Fragment, InitSegment, TrackKind } from './fragment.js';
export { Transmuxer, type TransmuxerStats } from './transmuxer.js';
