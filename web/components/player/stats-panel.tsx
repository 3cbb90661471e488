import type { PlayerStats } from '@topicast/player';
import { playerFacts, sparklinePoints } from '../../lib/player-facts';
import styles from './stats-panel.module.css';

const WIDTH = 280;
const HEIGHT = 32;

interface StatsPanelProps {
  readonly stats: PlayerStats;
  /** The last latencies, ms, oldest first. */
  readonly history: readonly number[];
}

export function StatsPanel({ stats, history }: StatsPanelProps) {
  return (
    <section className={styles.panel} aria-label="Statistics">
      {history.length > 1 && (
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <polyline points={sparklinePoints(history, WIDTH, HEIGHT)} />
        </svg>
      )}
      <dl>
        {playerFacts(stats).map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
