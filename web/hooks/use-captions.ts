'use client';

import type { TopicastPlayerElement } from '@topicast/player/react';
import { type RefObject, useEffect, useState } from 'react';
import type { CaptionTrack } from '../lib/caption-choices';

const LIST_EVENTS = ['addtrack', 'removetrack', 'change'] as const;

/** The captions that the stream has, and which of them are shown. They appear when the first caption comes. */
export function useCaptions(player: RefObject<TopicastPlayerElement | null>) {
  const [tracks, setTracks] = useState<readonly CaptionTrack[]>([]);

  useEffect(() => {
    const list = player.current?.textTracks;
    if (!list) return;
    const update = (): void =>
      setTracks(captionsIn(list).map(({ label, mode }) => ({ label, shown: mode === 'showing' })));
    update();
    for (const type of LIST_EVENTS) list.addEventListener(type, update);
    return () => {
      for (const type of LIST_EVENTS) list.removeEventListener(type, update);
    };
  }, [player]);

  /** @param label of the track to show; any other text shows none */
  const show = (label: string): void => {
    for (const track of captionsIn(player.current?.textTracks))
      track.mode = track.label === label ? 'showing' : 'hidden';
  };
  return { tracks, show };
}

const captionsIn = (list: TextTrackList | undefined): TextTrack[] =>
  [...(list ?? [])].filter(({ kind }) => kind === 'captions');
