'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import Link from 'next/link';
import { useNow } from '../../hooks/use-now';
import { formatDuration, formatQuality, plural } from '../../lib/format';
import type { GatewayAddress } from '../../lib/gateway-address';
import { onAir } from '../../lib/stream-facts';
import { Icon } from '../ui/icon';
import { StateBadge } from '../ui/state-badge';
import { Thumbnail } from '../ui/thumbnail';
import styles from './stream-card.module.css';

export function StreamCard({
  stream,
  gateway,
}: {
  readonly stream: StreamInfo;
  readonly gateway: GatewayAddress;
}) {
  const now = useNow();
  const { video } = onAir(stream);
  const quality = video && formatQuality(video);
  const age =
    now !== undefined && stream.startedAt && stream.state === 'live'
      ? `on air for ${formatDuration(now - Date.parse(stream.startedAt))}`
      : undefined;
  return (
    <li className={styles.card}>
      <div className={styles.picture}>
        <Thumbnail stream={stream} gateway={gateway} />
        <div className={styles.play}>
          <span>
            <Icon name="play" size={22} />
          </span>
        </div>
        <div className={styles.corner}>
          <StateBadge state={stream.state} />
        </div>
        <div className={styles.chip}>
          <Icon name="eye" size={14} />
          {plural(stream.viewers, 'viewer')}
        </div>
      </div>
      <div>
        <h2 className={styles.title}>
          <Link href={`/watch/${stream.id}`}>{stream.title || stream.id}</Link>
        </h2>
        <p className={styles.meta}>{[quality, age].filter(Boolean).join(' · ')}</p>
      </div>
    </li>
  );
}
