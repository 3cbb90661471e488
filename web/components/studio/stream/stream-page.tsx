'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import Link from 'next/link';
import { useEffect, useEffectEvent, useState } from 'react';
import { latestOf, usePoll } from '../../../hooks/use-poll';
import { useStreamHealth } from '../../../hooks/use-stream-health';
import { type GatewayAddress, liveUrl } from '../../../lib/gateway-address';
import { getStream } from '../../../lib/gateway-client';
import { GRAPHS } from '../../../lib/health-graphs';
import { describeSource } from '../../../lib/stream-facts';
import { nameOf } from '../../../lib/stream-list';
import { LazyPlayer } from '../../player/lazy-player';
import { ConnectionBanner } from '../../ui/banner';
import { Button, ButtonLink } from '../../ui/button';
import { GatewayAway } from '../../ui/gateway-away';
import { Icon } from '../../ui/icon';
import { NotFoundNotice } from '../../ui/not-found';
import { Poster } from '../../ui/poster';
import { Destinations } from '../destinations/destinations';
import { EditDialog } from '../edit-dialog';
import { StreamFacts } from '../stream-facts';
import { EventList } from './event-list';
import { Graph } from './graph';
import { HowToSend } from './how-to-send';
import { StreamHead } from './stream-head';
import styles from './stream-page.module.css';
import { Verdict } from './verdict';
import { Waterfall } from './waterfall';

const POLL_MS = 2_000;

interface StreamPageProps {
  readonly id: string;
  readonly gateway: GatewayAddress;
  readonly token: string;
  /** The gateway does not accept the token. */
  readonly onRefused: () => void;
}

/** Everything about one stream: how it goes, what to change, how to send, and what has happened. */
export function StreamPage({ id, gateway, token, onRefused }: StreamPageProps) {
  const [polled, refresh] = usePoll<StreamInfo>({
    load: (signal) => getStream(gateway, id, { signal, token }),
    everyMs: POLL_MS,
    initial: { status: 'loading' },
  });
  const health = useStreamHealth(gateway, id, token);
  const [edited, setEdited] = useState<StreamInfo>();
  const failure = polled.status === 'failed' ? polled.error.failure.kind : undefined;
  const refuse = useEffectEvent(onRefused);
  useEffect(() => {
    if (failure === 'unauthorized') refuse();
  }, [failure]);

  const stream = latestOf(polled);
  if (failure === 'not-found')
    return (
      <NotFoundNotice title="No such stream">
        Nobody has created a stream with the id “{id}”, or it was deleted.
      </NotFoundNotice>
    );
  if (polled.status === 'loading' || failure === 'unauthorized')
    return (
      <div aria-busy="true">
        <h1>{id}</h1>
        <p className={styles.muted}>Loading…</p>
      </div>
    );
  if (!stream)
    return (
      <GatewayAway gateway={gateway} onRetry={refresh} everyMs={POLL_MS}>
        The figures come back by themselves.
      </GatewayAway>
    );

  const common = { id, gateway, token };
  const isLive = stream.state === 'live';
  return (
    <div className={styles.page}>
      <Link className={styles.back} href="/studio">
        ← All streams
      </Link>
      <StreamHead stream={stream} gateway={gateway} token={token} onChanged={refresh} />
      {polled.status === 'failed' && (
        <ConnectionBanner onRetry={refresh}>
          The gateway does not answer. What you see may be out of date.
        </ConnectionBanner>
      )}
      <div className={styles.top}>
        <div className={styles.picture} data-dim={!isLive}>
          {isLive ? <LazyPlayer src={liveUrl(gateway, id)} /> : <Poster id={id} />}
        </div>
        <div role="status">
          <Verdict stream={stream} health={health} />
        </div>
      </div>
      <section aria-labelledby="figures">
        <h2 id="figures">The last ten minutes</h2>
        {health && health.columns.time.length > 0 ? (
          <div className={styles.graphs}>
            {GRAPHS.map((shape) => (
              <Graph key={shape.title} shape={shape} columns={health.columns} />
            ))}
          </div>
        ) : (
          <p className={styles.muted}>
            Figures appear here a few seconds after the stream has gone live: what the encoder sends, how late
            it comes, and what the viewers get.
          </p>
        )}
      </section>
      <div className={styles.cards}>
        {health?.latency.some(({ ms }) => ms !== undefined) && (
          <div className={styles.card}>
            <Waterfall latency={health.latency} />
          </div>
        )}
        {stream.source?.kind === 'ingest' && <HowToSend {...common} />}
        <section className={styles.card} aria-labelledby="settings">
          <h2 id="settings">Settings</h2>
          <p className={styles.muted}>{describeSource(stream.source)}</p>
          <StreamFacts stream={stream} />
          <div className={styles.row}>
            {stream.version !== undefined && (
              <Button onClick={() => setEdited(stream)}>
                <Icon name="pencil" size={16} /> Edit settings
              </Button>
            )}
            <ButtonLink href={`/watch/${id}`}>
              <Icon name="eye" size={16} /> Watch page
            </ButtonLink>
          </div>
        </section>
        {stream.version !== undefined && stream.source?.kind !== 'topic' && (
          <section className={styles.card} aria-labelledby="destinations">
            <h2 id="destinations">Sent on to</h2>
            <Destinations {...common} />
          </section>
        )}
        <section className={styles.card} aria-labelledby="events">
          <h2 id="events">What has happened</h2>
          <EventList {...common} />
        </section>
      </div>
      {edited && (
        <EditDialog
          gateway={gateway}
          token={token}
          stream={edited}
          onClose={() => setEdited(undefined)}
          onSaved={() => {
            setEdited(undefined);
            refresh();
          }}
        />
      )}
      <p className="visually-hidden" role="log">
        {`${nameOf(stream)} is ${isLive ? 'live' : stream.state}.`}
      </p>
    </div>
  );
}
