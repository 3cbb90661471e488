import type { AudioTrack, Rendition, VideoTrack } from './catalog.js';

// Apart from the catalog's schemas, which are far too large for a player.

/** The first track of a kind in a rendition; without a rendition there is none. */
export const videoOf = (of: Pick<Rendition, 'tracks'> | undefined): VideoTrack | undefined =>
  of?.tracks.find((each) => each.kind === 'video');
export const audioOf = (of: Pick<Rendition, 'tracks'> | undefined): AudioTrack | undefined =>
  of?.tracks.find((each) => each.kind === 'audio');
