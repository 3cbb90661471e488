export type { Fragment, InitSegment, TrackKind } from './live/fragment.js';
export { Transmuxer } from './live/transmuxer.js';
