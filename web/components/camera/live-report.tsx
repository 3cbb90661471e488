import type { BroadcastState, BroadcastStats } from '@topicast/broadcast';
import { useEffect, useRef, useState } from 'react';
import { broadcastFacts, broadcastSaying } from '../../lib/broadcast-view';
import styles from './camera.module.css';

/** So long a loss is told about. */
const REMEMBERED_MS = 10_000;

interface LiveReportProps {
  readonly state: BroadcastState;
  readonly stats: BroadcastStats | undefined;
}

/** How the sending goes. */
export function LiveReport({ state, stats }: LiveReportProps) {
  const before = useBefore(stats);
  const { tone, words } = broadcastSaying(state, stats, before);
  return (
    <section className={styles.report} aria-label="What is sent">
      <p className={styles.saying} data-tone={tone} role={tone === 'bad' ? 'alert' : 'status'}>
        {words}
      </p>
      {stats && state.at === 'on air' && (
        <dl className={styles.facts}>
          {broadcastFacts(stats).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

/** What was known some seconds ago. */
function useBefore(stats: BroadcastStats | undefined): BroadcastStats | undefined {
  const history = useRef<{ readonly at: number; readonly stats: BroadcastStats }[]>([]);
  const [before, setBefore] = useState<BroadcastStats>();
  useEffect(() => {
    const now = performance.now();
    if (!stats) history.current = [];
    else history.current.push({ at: now, stats });
    history.current = history.current.filter(({ at }) => now - at < REMEMBERED_MS);
    setBefore(history.current[0]?.stats);
  }, [stats]);
  return before;
}
