'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import { useNow } from '../../hooks/use-now';
import { latestOf, type Polled, usePoll } from '../../hooks/use-poll';
import { formatDuration, formatQuality, plural } from '../../lib/format';
import { type GatewayAddress, liveUrl } from '../../lib/gateway-address';
import { getStream } from '../../lib/gateway-client';
import { onAir } from '../../lib/stream-facts';
import { LazyStage } from '../player/lazy-stage';
import { CopyButton } from '../ui/copy-button';
import { Icon } from '../ui/icon';
import { StateBadge } from '../ui/state-badge';
import { Embed } from './embed';
import styles from './watch.module.css';

const POLL_MS = 2_000;
const INTERRUPTED = 'The stream is interrupted. Stay here: it goes on by itself.';

interface WatchProps {
  readonly gateway: GatewayAddress;
  readonly id: string;
  /** What the server knew; undefined if the gateway was away. */
  readonly first: StreamInfo | undefined;
}

export function Watch({ gateway, id, first }: WatchProps) {
  const initial: Polled<StreamInfo> = first ? { status: 'fresh', value: first } : { status: 'loading' };
  const [polled] = usePoll({
    load: (signal) => getStream(gateway, id, { signal }),
    everyMs: POLL_MS,
    initial,
  });
  const stream = latestOf(polled);
  const gone = polled.status === 'failed' && polled.error.failure.kind === 'not-found';
  const title = stream?.title || id;
  const src = liveUrl(gateway, id);
  const isInterrupted = !gone && stream?.state === 'live' && stream.awaySince !== undefined;
  return (
    <div className={styles.page}>
      <div className={styles.screen}>
        <LazyStage src={src} title={title} isInterrupted={isInterrupted} />
      </div>
      <div className={styles.about}>
        <div>
          <h1>{title}</h1>
          {stream && !gone && <Meta stream={stream} />}
          {/* Always there, because screen readers tell only what changes inside. */}
          <p className={styles.away} role="status">
            {isInterrupted && INTERRUPTED}
          </p>
        </div>
        <CopyButton text={() => location.href} label="Copy link" />
      </div>
      <Embed id={id} src={src} title={title} />
      <p className={styles.keys}>
        <span>
          <kbd>Space</kbd> play or pause
        </span>
        <span>
          <kbd>M</kbd> sound
        </span>
        <span>
          <kbd>F</kbd> full screen
        </span>
        <span>
          <kbd>L</kbd> jump to live
        </span>
        <span>
          <kbd>I</kbd> statistics
        </span>
      </p>
    </div>
  );
}

function Meta({ stream }: { readonly stream: StreamInfo }) {
  const now = useNow();
  const live = stream.state === 'live';
  const { video } = onAir(stream);
  const quality = video && formatQuality(video);
  return (
    <div className={styles.meta}>
      <StateBadge state={stream.state} />
      <span>
        <Icon name="eye" size={16} /> {plural(stream.viewers, 'viewer')}
      </span>
      {live && quality && <span>{quality}</span>}
      {live && stream.startedAt && now !== undefined && (
        <span>on air for {formatDuration(now - Date.parse(stream.startedAt))}</span>
      )}
    </div>
  );
}
