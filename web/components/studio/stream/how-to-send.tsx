'use client';

import type { IngestAccess, IngestAddress } from '@topicast/contracts/http';
import { useId, useState } from 'react';
import { latestOf, usePoll } from '../../../hooks/use-poll';
import { cameraPage } from '../../../lib/camera-page';
import type { GatewayAddress } from '../../../lib/gateway-address';
import { getIngestAddress, type IngestPlace } from '../../../lib/gateway-client';
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
  const [made, setMade] = useState<{ readonly access: IngestAccess; readonly place: IngestPlace }>();
  const close = () => setMade(undefined);
  const common = { gateway, token, id };
  const { rtmp, srt, whip, camera, problem } = latestOf(polled) ?? {};
  return (
    <section className={styles.card} aria-labelledby="send">
      <h2 id="send">How to send</h2>
      {problem && <p role="status">{problem}</p>}
      {rtmp && <Address name="Server" url={rtmp} />}
      {(rtmp || srt) && (
        <ol className={styles.steps}>
          <li>In OBS, open Settings, Stream, and choose the service “Custom…”.</li>
          <li>
            {rtmp
              ? 'Type in the server, and the stream key that you got when you created the stream.'
              : 'Type in the server that you got when you created the stream, and no key.'}
          </li>
          <li>Under Output, set the keyframe interval to 1 s, and under x264 the tune to “zerolatency”.</li>
          <li>Start streaming. This page says within seconds how it goes.</li>
        </ol>
      )}
      {whip && (
        <div className={styles.way}>
          <Address name="Or by WHIP (WebRTC)" url={whip} />
          <p className={styles.muted}>
            In OBS 30 and later: the service “WHIP”, this server, and the stream key as the bearer token.
            Choose Opus as the audio encoder.
          </p>
        </div>
      )}
      {srt && (
        <div className={styles.way}>
          <Address name={rtmp ? 'Or by SRT' : 'Server (SRT)'} url={srt} />
          <p className={styles.muted}>
            SRT is better over networks that lose packets. The address that you got with the stream key ends
            with the passphrase; it needs no key beside it.
          </p>
        </div>
      )}
      {camera && (
        <p>
          <a href={cameraPage(id)}>Send from this browser</a>: its camera or its screen.
        </p>
      )}
      {(['primary', 'backup'] as const).map((place) => (
        <RenewKey key={place} {...common} place={place} onRenewed={(access) => setMade({ access, place })} />
      ))}
      {made && (
        <Dialog
          title={made.place === 'backup' ? 'Connect your backup encoder' : 'Connect your encoder'}
          onClose={close}
        >
          <IngestAccessPanel access={made.access}>
            <Button variant="primary" onClick={close}>
              Done
            </Button>
          </IngestAccessPanel>
        </Dialog>
      )}
    </section>
  );
}

function Address({ name, url }: { readonly name: string; readonly url: string }) {
  const code = useId();
  return (
    <p className={styles.address}>
      {name}: <code id={code}>{url}</code> <CopyButton text={() => url} label="Copy" describedBy={code} />
    </p>
  );
}
