'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import { type Polled, usePoll } from '../../hooks/use-poll';
import type { FirstRender } from '../../lib/first-render';
import { plural } from '../../lib/format';
import type { GatewayAddress } from '../../lib/gateway-address';
import { GatewayError, listStreams } from '../../lib/gateway-client';
import { ConnectionBanner } from '../ui/banner';
import { ButtonLink } from '../ui/button';
import { GatewayAway } from '../ui/gateway-away';
import { Icon } from '../ui/icon';
import { Notice } from '../ui/notice';
import styles from './live-streams.module.css';
import { StreamCard } from './stream-card';

const POLL_MS = 2_000;

interface LiveStreamsProps {
  readonly gateway: GatewayAddress;
  readonly first: FirstRender<StreamInfo[]>;
}

/** The live streams, which appear and disappear by themselves. */
export function LiveStreams({ gateway, first }: LiveStreamsProps) {
  const [polled, refresh] = usePoll({
    load: (signal) => listStreams(gateway, { signal }),
    everyMs: POLL_MS,
    initial: asPolled(first),
  });
  if (polled.status === 'failed' && !polled.last)
    return (
      <GatewayAway gateway={gateway} onRetry={refresh} everyMs={POLL_MS}>
        This page fills itself when it is back.
      </GatewayAway>
    );
  const streams =
    polled.status === 'fresh' ? polled.value : polled.status === 'failed' ? (polled.last ?? []) : [];
  const onAir = streams.filter(({ state }) => state === 'live' || state === 'starting');
  const live = onAir.filter(({ state }) => state === 'live').length;
  return (
    <>
      {polled.status === 'failed' && (
        <ConnectionBanner onRetry={refresh}>The connection is interrupted. Trying again…</ConnectionBanner>
      )}
      <p className="visually-hidden" role="status">
        {live === 0 ? 'Nothing is live' : `${plural(live, 'stream is', 'streams are')} live`}
      </p>
      {onAir.length === 0 ? (
        <NothingLive />
      ) : (
        <>
          <div className={styles.head}>
            <h1>Live now</h1>
            <p className={styles.count}>{plural(onAir.length, 'stream')}</p>
          </div>
          <ul className={styles.grid}>
            {onAir.map((stream) => (
              <StreamCard key={stream.id} stream={stream} gateway={gateway} />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function asPolled(first: FirstRender<StreamInfo[]>): Polled<StreamInfo[]> {
  if (first.kind === 'answer') return { status: 'fresh', value: first.value };
  const error = new GatewayError('The gateway does not answer.', { kind: 'unreachable' });
  return { status: 'failed', error, last: undefined };
}

function NothingLive() {
  return (
    <Notice
      level={1}
      icon={<Icon name="antenna" size={26} />}
      title="Nothing is live right now"
      actions={
        <ButtonLink variant="primary" href="/studio">
          Open the studio
        </ButtonLink>
      }
    >
      <p>Streams show up here by themselves as soon as they are on air. Start one in the studio, or with</p>
      <p>
        <code>npm start -- --input name=FILE_OR_URL</code>
      </p>
    </Notice>
  );
}
