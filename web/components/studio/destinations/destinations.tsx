'use client';

import type { DestinationInfo } from '@topicast/contracts/destination';
import { type RefObject, useRef } from 'react';
import { latestOf, usePoll } from '../../../hooks/use-poll';
import type { GatewayAddress } from '../../../lib/gateway-address';
import { listDestinations } from '../../../lib/gateway-client';
import { AddDestination } from './add-destination';
import { DestinationRow } from './destination-row';
import styles from './destinations.module.css';

const POLL_MS = 2_000;

interface DestinationsProps {
  /** Of the stream. */
  readonly id: string;
  readonly gateway: GatewayAddress;
  readonly token: string;
}

/** Where a stream is sent on to, how that goes, and the form for one more. */
export function Destinations({ id, gateway, token }: DestinationsProps) {
  const [polled, refresh] = usePoll<DestinationInfo[]>({
    load: (signal) => listDestinations(gateway, id, { signal, token }),
    everyMs: POLL_MS,
    initial: { status: 'loading' },
  });
  const add = useRef<HTMLInputElement>(null);
  const destinations = latestOf(polled);
  return (
    <div className={styles.panel}>
      {polled.status === 'failed' && (
        <p className={styles.problem} role="alert">
          {polled.error.message}
        </p>
      )}
      <List destinations={destinations} common={{ id, gateway, token, onChanged: refresh, fallback: add }} />
      <AddDestination id={id} gateway={gateway} token={token} onAdded={refresh} first={add} />
    </div>
  );
}

interface ListProps {
  readonly destinations: readonly DestinationInfo[] | undefined;
  readonly common: DestinationsProps & {
    readonly onChanged: () => void;
    readonly fallback: RefObject<HTMLElement | null>;
  };
}

function List({ destinations, common }: ListProps) {
  if (!destinations) return <p className={styles.muted}>Loading…</p>;
  if (destinations.length === 0) {
    return (
      <p className={styles.muted}>
        While this stream is on air, it can be shown on YouTube, Twitch and others at the same time. Nothing
        is encoded again: they get the picture and the sound as they are.
      </p>
    );
  }
  return (
    <ul className={styles.list} aria-label="Destinations">
      {destinations.map((destination) => (
        <DestinationRow key={destination.id} destination={destination} {...common} />
      ))}
    </ul>
  );
}
