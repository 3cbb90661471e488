'use client';

import type { PlayerRendition, PlayerState, PlayerStats } from '@topicast/player';
import { useCallback, useState } from 'react';

/** What a player on the page is doing. */
interface PlayerReport {
  readonly state: PlayerState;
  readonly stats: PlayerStats | undefined;
  /** What the stream offers, best first. */
  readonly renditions: readonly PlayerRendition[];
  /** Which one of them is played. */
  readonly rendition: number | undefined;
}

const NOTHING_YET: PlayerReport = {
  state: { name: 'idle' },
  stats: undefined,
  renditions: [],
  rendition: undefined,
};

/** Collects what a player says; give the functions to it. */
export function usePlayerReport() {
  const [report, setReport] = useState(NOTHING_YET);
  const learn = useCallback(
    (news: Partial<PlayerReport>) => setReport((before) => ({ ...before, ...news })),
    [],
  );
  const onStateChange = useCallback((state: PlayerState) => learn({ state }), [learn]);
  const onCatalogChange = useCallback(
    (renditions: readonly PlayerRendition[]) => learn({ renditions }),
    [learn],
  );
  const onRenditionChange = useCallback((rendition: number) => learn({ rendition }), [learn]);
  const onStats = useCallback((stats: PlayerStats) => learn({ stats }), [learn]);
  return { report, onStateChange, onCatalogChange, onRenditionChange, onStats };
}
