import type { ReelMaker } from '../slate/workshop.js';

/** For streams that never have a slate. */
export const NO_REELS: ReelMaker = {
  isBusy: false,
  make: () => Promise.reject(new Error('no reel')),
};
