'use client';

import { type FormEvent, type RefObject, useState } from 'react';
import type { GatewayAddress } from '../../../lib/gateway-address';
import { addDestination, GatewayError } from '../../../lib/gateway-client';
import { Button } from '../../ui/button';
import { Field } from '../../ui/field';
import styles from './destinations.module.css';

interface AddDestinationProps {
  /** Of the stream. */
  readonly id: string;
  readonly gateway: GatewayAddress;
  readonly token: string;
  readonly onAdded: () => void;
  /** The first field. */
  readonly first: RefObject<HTMLInputElement | null>;
}

const EMPTY = { url: '', key: '', title: '' };

export function AddDestination({ id, gateway, token, onAdded, first }: AddDestinationProps) {
  const [draft, setDraft] = useState(EMPTY);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const hasKey = !/^srt:/i.test(draft.url.trim());

  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(undefined);
    const { url, key, title } = draft;
    try {
      await addDestination(
        gateway,
        id,
        {
          url: url.trim(),
          ...(hasKey && key.trim() !== '' && { key: key.trim() }),
          ...(title.trim() !== '' && { title: title.trim() }),
        },
        { token },
      );
      setDraft(EMPTY);
      first.current?.focus();
      onAdded();
    } catch (reason) {
      if (!(reason instanceof GatewayError)) throw reason;
      setError(reason.message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className={styles.form} onSubmit={(event) => void send(event)}>
      <Field
        ref={first}
        label="Server"
        name="url"
        mono
        required
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder="rtmps://a.rtmps.youtube.com/live2"
        value={draft.url}
        onChange={({ target }) => setDraft({ ...draft, url: target.value })}
        error={error}
        hint="The service shows it where it explains how to stream: rtmp, rtmps or srt."
      />
      {hasKey && (
        <Field
          label="Stream key"
          name="key"
          type="password"
          mono
          autoComplete="off"
          value={draft.key}
          onChange={({ target }) => setDraft({ ...draft, key: target.value })}
          hint="It cannot be shown again. Leave it empty if it is at the end of the address."
        />
      )}
      <Field
        label="Name"
        name="title"
        optional
        autoComplete="off"
        placeholder="YouTube"
        value={draft.title}
        onChange={({ target }) => setDraft({ ...draft, title: target.value })}
      />
      <div className={styles.actions}>
        <Button type="submit" variant="primary" busy={busy}>
          {busy ? 'Adding…' : 'Send it there'}
        </Button>
      </div>
    </form>
  );
}
