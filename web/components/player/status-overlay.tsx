import type { WatchView } from '../../lib/watch-view';
import { Icon } from '../ui/icon';
import stage from './stage.module.css';
import styles from './status-overlay.module.css';

interface StatusOverlayProps {
  readonly view: WatchView;
  readonly onRetry: () => void;
}

/** Says why there is no moving picture. Screen readers read it from the stage's live region. */
export function StatusOverlay({ view, onRetry }: StatusOverlayProps) {
  switch (view.kind) {
    case 'clear':
      return null;
    case 'paused':
      return (
        <div className={styles.overlay} data-bare="true">
          <span className={styles.play}>
            <Icon name="play" size={34} />
          </span>
        </div>
      );
    case 'busy':
      return (
        <div className={styles.overlay} data-busy="true" data-dim={view.text !== undefined}>
          <div className={styles.bars} aria-hidden="true">
            <i />
            <i />
            <i />
            <i />
          </div>
          <p>{view.title}</p>
          {view.text && <small>{view.text}</small>}
        </div>
      );
    case 'message':
      return (
        <div className={styles.overlay} data-solid="true">
          <p>{view.title}</p>
          <small>{view.text}</small>
          {view.retry && (
            <button type="button" className={stage.pill} onClick={onRetry}>
              Try again
            </button>
          )}
        </div>
      );
  }
}
