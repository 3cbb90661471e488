import type { StreamState } from '@topicast/contracts/server-message';
import styles from './badge.module.css';

const LABELS: Record<StreamState, string> = {
  live: 'LIVE',
  starting: 'Starting',
  failed: 'Failed',
  offline: 'Off air',
};

export function StateBadge({ state }: { readonly state: StreamState }) {
  return (
    <span className={`${styles.badge} ${styles[state]}`}>
      <span className={styles.dot} />
      {LABELS[state]}
    </span>
  );
}
