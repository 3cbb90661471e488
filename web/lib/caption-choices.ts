import type { Choice } from './choice';

/** A channel of captions. */
export interface CaptionTrack {
  readonly label: string;
  readonly shown: boolean;
}

/** No channel has this label. */
export const NO_CAPTIONS = 'off';

/** What can be chosen; nothing where there are no captions. */
export function captionChoices(tracks: readonly CaptionTrack[]): Choice<string>[] {
  if (tracks.length === 0) return [];
  const off = { value: NO_CAPTIONS, name: 'Off', disabled: false };
  return [off, ...tracks.map(({ label }) => ({ value: label, name: label, disabled: false }))];
}

/** The label of the channel that is shown. */
export const shownCaptions = (tracks: readonly CaptionTrack[]): string =>
  tracks.find(({ shown }) => shown)?.label ?? NO_CAPTIONS;

/** What one key switches to: the first channel, or none. */
export const toggledCaptions = (tracks: readonly CaptionTrack[]): string =>
  shownCaptions(tracks) === NO_CAPTIONS ? (tracks[0]?.label ?? NO_CAPTIONS) : NO_CAPTIONS;
