import type { Seconds } from '@topicast/contracts/units';
import type { Fragment, FragmentWriter, TrackKind } from '@topicast/media/fmp4';

/** The part of the media that all tracks have. */
export interface BufferEdge {
  /** Beginning of the newest range without a hole. */
  readonly start: Seconds;
  /** True end of the shortest track: declared durations are longer (see the transmuxer). */
  readonly end: Seconds;
}

export type MediaFailure =
  /** This browser cannot decode it; trying again is useless. */
  | { readonly kind: 'unsupported'; readonly message: string }
  /** This media source is unusable now; another one may work. */
  | { readonly kind: 'broken'; readonly message: string };

/** A media source keeps the tracks that it was opened with. */
export const OTHER_TRACKS: MediaFailure = { kind: 'broken', message: 'the tracks of the stream changed' };

export interface MediaSinkEvents {
  /** Everything so far has been appended, and nothing is updating. */
  onAppended(edge: BufferEdge): void;
  /** Called at most once; nothing more follows. */
  onFailed(failure: MediaFailure): void;
}

/** Takes fragments for one media source: source buffers here, or a way to those on the page. */
export interface MediaSink {
  /** Nothing plays yet, so that a join need not be complete: it can be appended as it comes. */
  readonly isIdle: boolean;
  /** The first call decides the tracks; it must contain an init segment for each. */
  append(fragments: readonly Fragment[]): void;
  /** Where playback is, so that media far behind can be removed. */
  setPlayhead(playhead: Seconds): void;
  close(): void;
}

/** What a stream goes into, and what makes the fragments for that. */
export interface Outlet {
  readonly sink: MediaSink;
  readonly writer: FragmentWriter;
}

/** The tracks whose init segments are among these fragments, with their MIME types. */
export function tracksOf(fragments: readonly Fragment[]): Map<TrackKind, string> {
  const tracks = new Map<TrackKind, string>();
  for (const { track, init } of fragments) if (init) tracks.set(track, init.mimeType);
  return tracks;
}

export const bytesOf = (fragments: readonly Fragment[]): number =>
  fragments.reduce((sum, { data }) => sum + data.byteLength, 0);
