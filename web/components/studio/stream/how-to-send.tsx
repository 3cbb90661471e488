'use client';

import type { IngestAccess, IngestAddress } from '@topicast/contracts/http';
import { useState } from 'react';
import { latestOf, usePoll } from '../../../hooks/use-poll';
import type { GatewayAddress } from '../../../lib/gateway-address';
import { getIngestAddress } from '../../../lib/gateway-client';
import { Button } from '../../ui/button';
import { CopyButton } from '../../ui/copy-button';
import { Dialog } from '../../ui/dialog';
import { IngestAccessPanel } from '../form/ingest-access';
import { RenewKey } from '../form/renew-key';
import styles from './stream-page.module.css';

/** Producers come and go. */
const POLL_MS = 10_000;

interface HowToSendProps {
  readonly gateway: GatewayAddress;
  readonly token: string;
  readonly id: string;
}

/** For a stream that an encoder publishes: where it has to send. */
export function HowToSend({ gateway, token, id }: HowToSendProps) {
  const [polled] = usePoll<IngestAddress>({
    load: (signal) => getIngestAddress(gateway, id, { signal, token }),
    everyMs: POLL_MS,
    initial: { status: 'loading' },
  });
  const [access, setAccess] = useState<IngestAccess>();
  const { rtmp, problem } = latestOf(polled) ?? {};
  return (
    <section className={styles.card} aria-labelledby="send">
      <h2 id="send">How to send</h2>
      {problem && <p role="status">{problem}</p>}
      {rtmp && (
        <p className={styles.address}>
          Server: <code>{rtmp}</code> <CopyButton text={() => rtmp} label="Copy" />
        </p>
      )}
      <ol className={styles.steps}>
        <li>In OBS, open Settings, Stream, and choose the service “Custom…”.</li>
        <li>Type in the server, and the stream key that you got when you created the stream.</li>
        <li>Under Output, set the keyframe interval to 1 s, and under x264 the tune to “zerolatency”.</li>
        <li>Start streaming. This page says within seconds how it goes.</li>
      </ol>
      <RenewKey gateway={gateway} token={token} id={id} onRenewed={setAccess} />
      {access && (
        <Dialog title="Connect your encoder" onClose={() => setAccess(undefined)}>
          <IngestAccessPanel access={access}>
            <Button variant="primary" onClick={() => setAccess(undefined)}>
              Done
            </Button>
          </IngestAccessPanel>
        </Dialog>
      )}
    </section>
  );
}
