import type { Seconds } from '@topicast/contracts/units';
import type { Fragment, TrackKind } from '@topicast/media/fmp4';

/** Where the media ends, in what all tracks have. */
export interface BufferEdge {
  /** Begin of the newest range without a hole. */
  readonly start: Seconds;
  /** True end of the shortest track: declared durations are longer (see the transmuxer). */
  readonly end: Seconds;
}

export type MediaFailure =
  /** This browser cannot decode it: no use in trying again. */
  | { readonly kind: 'unsupported'; readonly message: string }
  /** This media source is of no use any more; another one may be. */
  | { readonly kind: 'broken'; readonly message: string };

/** A media source keeps the tracks that it was opened with. */
export const OTHER_TRACKS: MediaFailure = { kind: 'broken', message: 'the tracks of the stream changed' };

export interface MediaSinkEvents {
  /** Everything given so far is in, and nothing is updating. */
  onAppended(edge: BufferEdge): void;
  /** At most once; after it nothing more comes. */
  onFailed(failure: MediaFailure): void;
}

/** Takes fragments for one media source: source buffers here, or a way to those on the page. */
export interface MediaSink {
  /** The first call decides the tracks: it must hold an init segment of each. */
  append(fragments: readonly Fragment[]): void;
  /** Where playback is, so that what lies far behind can be let go. */
  setPlayhead(playhead: Seconds): void;
  close(): void;
}

/** The tracks whose init segments are among these fragments, with their MIME types. */
export function tracksOf(fragments: readonly Fragment[]): Map<TrackKind, string> {
  const tracks = new Map<TrackKind, string>();
  for (const { track, init } of fragments) if (init) tracks.set(track, init.mimeType);
  return tracks;
}

export const bytesOf = (fragments: readonly Fragment[]): number =>
  fragments.reduce((sum, { data }) => sum + data.byteLength, 0);
