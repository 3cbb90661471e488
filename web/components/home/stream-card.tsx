'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import Link from 'next/link';
import { useNow } from '../../hooks/use-now';
import { formatDuration, formatQuality, plural } from '../../lib/format';
import { onAir } from '../../lib/stream-facts';
import { Icon } from '../ui/icon';
import { Poster } from '../ui/poster';
import { StateBadge } from '../ui/state-badge';
import styles from './stream-card.module.css';

export function StreamCard({ stream }: { readonly stream: StreamInfo }) {
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
        <Poster id={stream.id} />
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
