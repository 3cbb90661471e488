'use client';

import type { StreamEvents } from '@topicast/contracts/stream-event';
import { useNow } from '../../../hooks/use-now';
import { latestOf, usePoll } from '../../../hooks/use-poll';
import { formatDuration } from '../../../lib/format';
import type { GatewayAddress } from '../../../lib/gateway-address';
import { getEvents } from '../../../lib/gateway-client';
import styles from './stream-page.module.css';

const POLL_MS = 4_000;

interface EventListProps {
  readonly gateway: GatewayAddress;
  readonly token: string;
  readonly id: string;
}

/** What has happened to a stream, the newest first. */
export function EventList({ gateway, token, id }: EventListProps) {
  const [polled] = usePoll<StreamEvents['events']>({
    load: (signal) => getEvents(gateway, id, { signal, token }),
    everyMs: POLL_MS,
    initial: { status: 'loading' },
  });
  const now = useNow();
  const events = latestOf(polled);
  if (!events) return <p className={styles.muted}>Loading…</p>;
  if (events.length === 0)
    return (
      <p className={styles.muted}>
        Nothing has happened yet. When the stream goes live, loses its encoder or is changed, it is written
        here.
      </p>
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
    <ol className={styles.events} tabIndex={0} aria-label="Events">
      {events.map(({ event, words }) => (
        <li key={`${event.at} ${event.kind}`} data-kind={event.kind}>
          <time dateTime={new Date(event.at).toISOString()} title={new Date(event.at).toLocaleString()}>
            {now === undefined ? '' : `${formatDuration(now - event.at)} ago`}
          </time>
          <span>{words}</span>
        </li>
      ))}
    </ol>
  );
}
