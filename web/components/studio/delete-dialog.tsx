'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import { useState } from 'react';
import { plural } from '../../lib/format';
import type { GatewayAddress } from '../../lib/gateway-address';
import { actOnStream, GatewayError } from '../../lib/gateway-client';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import styles from './delete-dialog.module.css';

interface DeleteDialogProps {
  readonly gateway: GatewayAddress;
  readonly token: string;
  readonly stream: StreamInfo;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

export function DeleteDialog({ gateway, token, stream, onClose, onDeleted }: DeleteDialogProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function remove(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      await actOnStream(gateway, stream.id, 'delete', { token });
      onDeleted();
    } catch (reason) {
      if (!(reason instanceof GatewayError)) throw reason;
      // Somebody else was faster: the stream is gone, as requested.
      if (reason.failure.kind === 'not-found') return onDeleted();
      setError(reason.message);
      setBusy(false);
    }
  }

  return (
    <Dialog title={`Delete “${stream.title}”?`} onClose={onClose}>
      <p className={styles.text}>
        {stream.viewers > 0 && `${plural(stream.viewers, 'viewer')} will be cut off. `}
        The encoder stops, and the recorded part is deleted with its topic. This cannot be undone.
      </p>
      {error && (
        <p className={styles.error} role="alert">
          {error}
        </p>
      )}
      <div className={styles.actions}>
        <Button onClick={onClose} data-first-focus>
          Keep it
        </Button>
        <Button variant="danger" busy={busy} onClick={remove}>
          {busy ? 'Deleting…' : 'Delete'}
        </Button>
      </div>
    </Dialog>
  );
}
