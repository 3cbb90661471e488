'use client';

import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { GatewayAddress } from '../../lib/gateway-address';
import { createStream, GatewayError } from '../../lib/gateway-client';
import {
  type DraftField,
  type DraftProblems,
  draftId,
  draftProblems,
  draftRequest,
  EMPTY_DRAFT,
  fieldOfKind,
  hasEncoder,
  objectionsAtFields,
  type StreamDraft,
} from '../../lib/stream-draft';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Field } from '../ui/field';
import styles from './create-dialog.module.css';
import { QualityField } from './quality-field';
import { SourceFields } from './source-fields';

interface CreateDialogProps {
  readonly gateway: GatewayAddress;
  readonly token: string;
  /** Ids that exist. */
  readonly taken: ReadonlySet<string>;
  readonly onClose: () => void;
  readonly onCreated: (title: string) => void;
}

/** What the gateway said to the last attempt; the message of a field disappears when the field changes. */
interface Refusal {
  readonly fields: DraftProblems;
  readonly form?: string | undefined;
}

export function CreateDialog({ gateway, token, taken, onClose, onCreated }: CreateDialogProps) {
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const [sent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>({ fields: {} });
  const [attemptsRefused, setAttemptsRefused] = useState(0);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (attemptsRefused > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [attemptsRefused]);

  const own = draftProblems(draft, taken);
  // Do not complain about a field that is still empty; an id is checked while it is typed.
  const shown: DraftProblems = { ...refusal.fields, ...(sent ? own : draftId(draft) ? pick(own, 'id') : {}) };

  const change = (part: Partial<StreamDraft>) => {
    setDraft((before) => ({ ...before, ...part }));
    setRefusal({ fields: {} });
  };

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    setSent(true);
    if (Object.keys(own).length > 0) return setAttemptsRefused((count) => count + 1);
    setBusy(true);
    try {
      await createStream(gateway, draftRequest(draft), { token });
      onCreated(draft.title.trim() || draftId(draft));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      setRefusal(refusalOf(error, draft));
      setBusy(false);
      setAttemptsRefused((count) => count + 1);
    }
  }

  return (
    <Dialog title="New stream" onClose={onClose}>
      <form ref={form} className={styles.form} onSubmit={submit} noValidate>
        <Field
          label="Title"
          name="title"
          maxLength={200}
          autoComplete="off"
          data-first-focus
          placeholder="Friday Night Concert"
          value={draft.title}
          onChange={(event) => change({ title: event.target.value })}
          error={shown.title}
        />
        <Field
          label="Id"
          name="id"
          mono
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder="friday-night-concert"
          value={draftId(draft)}
          onChange={(event) => change({ typedId: event.target.value })}
          error={shown.id}
          hint={
            draftId(draft)
              ? `Viewers will find it at /watch/${draftId(draft)}`
              : 'Part of the address; it cannot be changed later.'
          }
        />
        <SourceFields draft={draft} id={draftId(draft)} problems={shown} onChange={change} />
        {hasEncoder(draft) && (
          <QualityField quality={draft.quality} onChange={(quality) => change({ quality })} />
        )}
        {refusal.form && (
          <p className={styles.alert} role="alert">
            {refusal.form}
          </p>
        )}
        <div className={styles.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={busy}>
            {busy ? 'Creating…' : 'Create stream'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const pick = (problems: DraftProblems, field: DraftField): DraftProblems =>
  problems[field] ? { [field]: problems[field] } : {};

function refusalOf({ failure, message }: GatewayError, draft: StreamDraft): Refusal {
  if (failure.kind !== 'refused') return { fields: {}, form: message };
  const { fields, rest } = objectionsAtFields(failure.fields, draft.kind);
  if (Object.keys(fields).length > 0) return { fields, form: rest.join(' ') || undefined };
  if (failure.status === 409) return { fields: { id: message } };
  const source = fieldOfKind(draft.kind);
  return failure.status === 403 && source ? { fields: { [source]: message } } : { fields, form: message };
}
