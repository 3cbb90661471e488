'use client';

import { type RefObject, useEffect, useRef, useState } from 'react';
import { GatewayError } from '../../../lib/gateway-client';
import { Button } from '../../ui/button';
import styles from './stream-form.module.css';

interface ConflictProps {
  readonly state: 'met' | 'loaded';
  /** Load the newest version of the stream into the form. */
  readonly onLoad: () => Promise<void>;
  readonly form: RefObject<HTMLFormElement | null>;
}

/** Somebody else has changed the stream since the form was opened. */
export function Conflict({ state, onLoad, form }: ConflictProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (state === 'met') button.current?.focus();
    // The button that had the focus is gone. Somebody who types meanwhile has it elsewhere.
    else if (document.activeElement === document.body)
      form.current?.querySelector<HTMLElement>('[type="submit"]')?.focus();
  }, [state, form]);

  async function load(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      await onLoad();
    } catch (reason) {
      if (!(reason instanceof GatewayError)) throw reason;
      setError(reason.message);
    } finally {
      setBusy(false);
    }
  }

  if (state === 'loaded')
    return (
      <p className={styles.news} role="status">
        This is the newest version, with your changes. Look at it, and save again.
      </p>
    );
  return (
    <div className={styles.alert} role="alert">
      <p>{error ?? 'Somebody has changed this stream in the meantime. Nothing of yours is saved yet.'}</p>
      <Button compact ref={button} busy={busy} onClick={() => void load()}>
        {busy ? 'Loading…' : 'Load the newest version'}
      </Button>
    </div>
  );
}
