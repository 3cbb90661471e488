'use client';

import type { DestinationInfo } from '@topicast/contracts/destination';
import { type RefCallback, type RefObject, useCallback, useState } from 'react';
import { giveFocus } from '../../../hooks/give-focus';
import { destinationWords } from '../../../lib/destination-words';
import type { GatewayAddress } from '../../../lib/gateway-address';
import { GatewayError, removeDestination } from '../../../lib/gateway-client';
import badge from '../../ui/badge.module.css';
import { Button } from '../../ui/button';
import { Icon } from '../../ui/icon';
import styles from './destinations.module.css';

interface DestinationRowProps {
  /** Of the stream. */
  readonly id: string;
  readonly gateway: GatewayAddress;
  readonly token: string;
  readonly destination: DestinationInfo;
  readonly onChanged: () => void;
  /** Gets the focus when the row disappears. */
  readonly fallback: RefObject<HTMLElement | null>;
}

export function DestinationRow({
  id,
  gateway,
  token,
  destination,
  onChanged,
  fallback,
}: DestinationRowProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const mayDisappear = useCallback<RefCallback<HTMLElement>>(
    (element) => () => {
      if (element) giveFocus(element, () => fallback.current);
    },
    [fallback],
  );
  const { label, tone, facts, problem } = destinationWords(destination.health);

  async function remove(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      await removeDestination(gateway, id, destination.id, { token });
    } catch (reason) {
      if (!(reason instanceof GatewayError)) throw reason;
      // Somebody else was faster.
      if (reason.failure.kind !== 'not-found') {
        setError(reason.message);
        setBusy(false);
      }
    }
    onChanged();
  }

  return (
    <li className={styles.row} ref={mayDisappear} aria-label={destination.title}>
      <div className={styles.what}>
        <p className={styles.name}>
          {destination.title}
          <span className={`${badge.badge} ${badge[tone]}`}>
            <span className={badge.dot} />
            {label}
          </span>
        </p>
        <p className={styles.muted}>
          <code>{destination.url}</code>
        </p>
        {facts.length > 0 && <p className={styles.muted}>{facts.join(' · ')}</p>}
        {(error ?? problem) && (
          <p className={styles.problem} role={error ? 'alert' : undefined}>
            {error ?? problem}
          </p>
        )}
      </div>
      <Button
        variant="quiet"
        compact
        icon
        busy={busy}
        onClick={() => void remove()}
        aria-label={`Send no longer to ${destination.title}`}
      >
        <Icon name="trash" size={17} />
      </Button>
    </li>
  );
}
