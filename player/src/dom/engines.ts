import { SOURCES_PATIENCE_MS } from '../core/patience.js';
import { isFirefox } from './firefox.js';
import { inTime } from './in-time.js';

/** Whether the browser makes tracks from pictures that the worker decodes, in Firefox by a canvas. */
export const canShowTracks = (video: HTMLVideoElement): boolean =>
  'MediaStreamTrackGenerator' in globalThis || isFirefox(video);

/** The engine that decodes the pictures; undefined if the script does not load. */
export const loadPictureTrack = (): Promise<typeof import('./page-picture.js') | undefined> =>
  inTime(import('./page-picture.js'));

/** The engine that fills media sources; undefined if the script does not load. */
export const loadMediaSources = (): Promise<typeof import('./page-mse.js') | undefined> =>
  inTime(import('./page-mse.js'), SOURCES_PATIENCE_MS);
