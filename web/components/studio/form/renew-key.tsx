'use client';

import type { IngestAccess } from '@topicast/contracts/http';
import { useState } from 'react';
import type { GatewayAddress } from '../../../lib/gateway-address';
import { GatewayError, renewIngestKey } from '../../../lib/gateway-client';
import { Button } from '../../ui/button';
import styles from './stream-form.module.css';

interface RenewKeyProps {
  readonly gateway: GatewayAddress;
  readonly token: string;
  readonly id: string;
  readonly onRenewed: (access: IngestAccess) => void;
}

/** A new stream key, for whoever has lost the old one or has told it to somebody. */
export function RenewKey({ gateway, token, id, onRenewed }: RenewKeyProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function renew(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      onRenewed(await renewIngestKey(gateway, id, { token }));
    } catch (reason) {
      if (!(reason instanceof GatewayError)) throw reason;
      setError(reason.message);
      setBusy(false);
    }
  }

  return (
    <div className={styles.fixed}>
      <p className={styles.note}>
        The stream key cannot be shown again. A new one makes the old one invalid at once: an encoder that
        sends with it is disconnected.
      </p>
      <Button compact busy={busy} onClick={() => void renew()}>
        {busy ? 'Making it…' : 'Make a new stream key'}
      </Button>
      {error && (
        <p className={styles.alert} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
