'use client';

import { type FormEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { GatewayError } from '../../../lib/gateway-client';
import {
  type DraftProblems,
  fieldOfKind,
  objectionsAtFields,
  type StreamDraft,
} from '../../../lib/stream-draft';

/** What the gateway said to the last attempt; the message of a field disappears when the draft changes. */
interface Refusal {
  readonly fields: DraftProblems;
  readonly form?: string | undefined;
}

const NO_REFUSAL: Refusal = { fields: {} };

interface StreamFormOptions {
  readonly initial: StreamDraft;
  /** What has to be corrected before the draft can be sent. */
  readonly problemsOf: (draft: StreamDraft) => DraftProblems;
  /** Those of them that show while somebody types; all of them show after the first attempt to send. */
  readonly earlyProblemsOf?: (draft: StreamDraft) => DraftProblems;
  /** Rejects with a {GatewayError} if the gateway refuses. */
  readonly send: (draft: StreamDraft) => Promise<void>;
}

export interface StreamFormState {
  readonly draft: StreamDraft;
  readonly problems: DraftProblems;
  /** What is wrong with all of it. */
  readonly alert: string | undefined;
  readonly busy: boolean;
  readonly form: RefObject<HTMLFormElement | null>;
  readonly change: (part: Partial<StreamDraft>) => void;
  readonly submit: (event: FormEvent<HTMLFormElement>) => void;
}

/** What is typed into the form of a stream, what is wrong with it, and its way to the gateway. */
export function useStreamForm(options: StreamFormOptions): StreamFormState {
  const { initial, problemsOf, earlyProblemsOf, send } = options;
  const [draft, setDraft] = useState(initial);
  const [sent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState(NO_REFUSAL);
  const [attemptsRefused, setAttemptsRefused] = useState(0);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (attemptsRefused > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [attemptsRefused]);

  const own = problemsOf(draft);
  const problems = { ...refusal.fields, ...(sent ? own : earlyProblemsOf?.(draft)) };

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setSent(true);
    if (Object.keys(own).length > 0) return setAttemptsRefused((count) => count + 1);
    setBusy(true);
    setRefusal(NO_REFUSAL);
    try {
      await send(draft);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      setRefusal(refusalOf(error, draft));
      setAttemptsRefused((count) => count + 1);
    } finally {
      setBusy(false);
    }
  }

  return {
    draft,
    problems,
    alert: refusal.form,
    busy,
    form,
    change: (part) => {
      setDraft((before) => ({ ...before, ...part }));
      setRefusal(NO_REFUSAL);
    },
    submit: (event) => void submit(event),
  };
}

function refusalOf({ failure, message }: GatewayError, draft: StreamDraft): Refusal {
  if (failure.kind !== 'refused') return { fields: {}, form: message };
  const { fields, rest } = objectionsAtFields(failure.fields, draft.kind);
  if (Object.keys(fields).length > 0) return { fields, form: rest.join(' ') || undefined };
  if (rest.length > 0) return { fields, form: rest.join(' ') };
  if (failure.status === 409) return { fields: { id: message } };
  const source = fieldOfKind(draft.kind);
  return failure.status === 403 && source ? { fields: { [source]: message } } : { fields, form: message };
}
