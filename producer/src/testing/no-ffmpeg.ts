import type { Ffmpeg } from '../ffmpeg/find.js';
import type { ProcessGuard } from '../ffmpeg/guard.js';

/** For code that gets an ffmpeg and does not start it. */
export const NO_FFMPEG: Ffmpeg = {
  ...{ path: 'none', origin: 'configured', version: 'none', libavformat: 59 },
  ...{ protocols: new Set<string>(), encodesOpus: false, mapsTones: false },
};
export const NO_GUARD: ProcessGuard = { watch: () => undefined, close: async () => undefined };
