'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import { type Ref, useState } from 'react';
import { type GatewayAddress, liveUrl } from '../../lib/gateway-address';
import { LazyPlayer } from '../player/lazy-player';
import { Icon } from '../ui/icon';
import { Thumbnail } from '../ui/thumbnail';
import styles from './stream-row.module.css';

/** The stream's thumbnail or, on request, the stream itself, small and without sound. */
export function LivePreview({
  stream,
  gateway,
  token,
  mayDisappear,
}: {
  readonly stream: StreamInfo;
  readonly gateway: GatewayAddress;
  readonly token: string;
  /** For the button, which is there while the stream is live. */
  readonly mayDisappear: Ref<HTMLButtonElement>;
}) {
  const [wanted, setWanted] = useState(false);
  const live = stream.state === 'live';
  const shown = wanted && live;
  return (
    <div className={styles.picture} data-dim={!live}>
      {shown ? (
        <LazyPlayer src={liveUrl(gateway, stream.id)} />
      ) : (
        <Thumbnail stream={stream} gateway={gateway} token={token} />
      )}
      {live && (
        <button
          type="button"
          ref={mayDisappear}
          className={styles.preview}
          aria-pressed={shown}
          aria-label={`Preview ${stream.title || stream.id}`}
          onClick={() => setWanted(!shown)}
        >
          <span>
            {shown ? <Icon name="stop" size={14} /> : <Icon name="eye" size={15} />}
            {shown ? 'Hide' : 'Preview'}
          </span>
        </button>
      )}
    </div>
  );
}
