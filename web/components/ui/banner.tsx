import type { ReactNode } from 'react';
import styles from './banner.module.css';
import { Button } from './button';
import { Icon } from './icon';

/** Above content that may be out of date. */
export function ConnectionBanner({
  children,
  onRetry,
}: {
  readonly children: ReactNode;
  readonly onRetry: () => void;
}) {
  return (
    <div className={styles.banner} role="status">
      <Icon name="unplug" />
      <p>{children}</p>
      <Button compact onClick={onRetry}>
        Try now
      </Button>
    </div>
  );
}
