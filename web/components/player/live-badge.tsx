import type { PlayerState } from '@topicast/player';
import { formatLatency } from '../../lib/format';
import { needsJump } from '../../lib/watch-view';
import styles from './stage.module.css';

interface LiveBadgeProps {
  /** The encoder is away, and the picture is a slate. */
  readonly isInterrupted: boolean;
  readonly state: PlayerState;
  /** Age of the picture on the screen since the encoder took it in. */
  readonly latencyMs: number | undefined;
  readonly onJump: () => void;
}

/** How live the picture is; empty while there is no picture, or only an old one. */
export function LiveBadge({ isInterrupted, state, latencyMs, onJump }: LiveBadgeProps) {
  const isOld = state.name === 'buffering' && state.problem !== undefined;
  if (isOld || !['playing', 'buffering', 'paused'].includes(state.name)) return null;
  if (isInterrupted) return <div className={styles.badge}>INTERRUPTED</div>;
  const behind = needsJump(state, latencyMs);
  return (
    <>
      <div
        className={styles.badge}
        data-live={state.name === 'playing' && !behind}
        title="Time since the encoder took in the picture"
      >
        {behind ? 'BEHIND' : 'LIVE'}
        {latencyMs !== undefined && state.name !== 'paused' && <span>· {formatLatency(latencyMs)}</span>}
      </div>
      {behind && (
        <button type="button" className={styles.pill} aria-keyshortcuts="l" onClick={onJump}>
          Jump to live
        </button>
      )}
    </>
  );
}
