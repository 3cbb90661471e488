'use client';

import type { PlayerState, PlayerStats } from '@topicast/player';
import { useCallback, useState } from 'react';

const HISTORY_LENGTH = 90;

/** What a player on the page is doing. */
export interface PlayerReport {
  readonly state: PlayerState;
  readonly stats: PlayerStats | undefined;
  /** The last latencies, ms, oldest first. */
  readonly history: readonly number[];
}

const NOTHING_YET: PlayerReport = { state: { name: 'idle' }, stats: undefined, history: [] };

/** Collects what a player reports; pass the two functions to it. */
export function usePlayerReport() {
  const [report, setReport] = useState(NOTHING_YET);
  const onStateChange = useCallback(
    (state: PlayerState) => setReport((before) => ({ ...before, state })),
    [],
  );
  const onStats = useCallback((stats: PlayerStats) => setReport((before) => withStats(before, stats)), []);
  return { report, onStateChange, onStats };
}

const withStats = ({ state, history }: PlayerReport, stats: PlayerStats): PlayerReport => ({
  state,
  stats,
  history: stats.latencyMs === undefined ? history : [...history, stats.latencyMs].slice(-HISTORY_LENGTH),
});
