/** The pages' policy lets the player's worker load no programs from blobs, so they are files of this site. */
export const PROGRAMS = {
  workerSrc: '/player-programs/worker.js',
  workletSrc: '/player-programs/worklet.js',
} as const;
