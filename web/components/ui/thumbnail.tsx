'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import { useRef } from 'react';
import { useIsSeen } from '../../hooks/use-is-seen';
import { useThumbnail } from '../../hooks/use-thumbnail';
import type { GatewayAddress } from '../../lib/gateway-address';
import { Poster } from './poster';
import styles from './thumbnail.module.css';

/** What is on air, some seconds old; the stream's poster where there is no picture. Decorative. */
export function Thumbnail({
  stream,
  gateway,
  token,
}: {
  readonly stream: StreamInfo;
  readonly gateway: GatewayAddress;
  /** Absent: everybody's view. */
  readonly token?: string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const enabled = useIsSeen(place) && stream.state === 'live';
  const picture = useThumbnail({ gateway, id: stream.id, token, enabled });
  return (
    <div className={styles.place} ref={place}>
      <Poster id={stream.id} />
      {/* biome-ignore lint/performance/noImgElement: it is a blob, which nothing can make smaller */}
      {picture && <img className={styles.picture} src={picture} alt="" />}
    </div>
  );
}
