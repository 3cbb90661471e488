'use client';

import type { IngestAccess } from '@topicast/contracts/http';
import { useState } from 'react';
import type { GatewayAddress } from '../../../lib/gateway-address';
import { GatewayError, type IngestPlace, renewIngestKey } from '../../../lib/gateway-client';
import { Button } from '../../ui/button';
import styles from './stream-form.module.css';

interface RenewKeyProps {
  readonly gateway: GatewayAddress;
  readonly token: string;
  readonly id: string;
  readonly place?: IngestPlace;
  readonly onRenewed: (access: IngestAccess) => void;
}

const NOTES: Readonly<Record<IngestPlace, string>> = {
  primary:
    'The stream key cannot be shown again. A new one makes the old one invalid at once: an encoder that sends with it is disconnected.',
  backup:
    'A second encoder, with a key of its own, is on air while the first one is away or frozen. A new key for it makes an older one invalid.',
};
const NAMES: Readonly<Record<IngestPlace, string>> = {
  primary: 'Make a new stream key',
  backup: 'Make a key for a backup encoder',
};

/** A new stream key, for whoever has lost the old one or has told it to somebody. */
export function RenewKey({ gateway, token, id, place = 'primary', onRenewed }: RenewKeyProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function renew(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      onRenewed(await renewIngestKey(gateway, id, place, { token }));
    } catch (reason) {
      if (!(reason instanceof GatewayError)) throw reason;
      setError(reason.message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className={styles.fixed}>
      <p className={styles.note}>{NOTES[place]}</p>
      <Button compact busy={busy} onClick={() => void renew()}>
        {busy ? 'Making it…' : NAMES[place]}
      </Button>
      {error && (
        <p className={styles.alert} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
