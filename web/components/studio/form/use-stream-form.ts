'use client';

import { type FormEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { GatewayError } from '../../../lib/gateway-client';
import { NO_REFUSAL, refusalOf } from '../../../lib/refusal';
import { type DraftField, type DraftProblems, problemsAt, type StreamDraft } from '../../../lib/stream-draft';

/** Some values, or what they become of the draft as it is by now. */
type DraftEdit = Partial<StreamDraft> | ((draft: StreamDraft) => Partial<StreamDraft>);

interface StreamFormOptions {
  readonly initial: StreamDraft;
  /** The fields that the form shows: every message has to appear at one of them, or above the buttons. */
  readonly fieldsOf: (draft: StreamDraft) => readonly DraftField[];
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
  readonly change: (edit: DraftEdit) => void;
  readonly submit: (event: FormEvent<HTMLFormElement>) => void;
}

/** What is typed into the form of a stream, what is wrong with it, and its way to the gateway. */
export function useStreamForm(options: StreamFormOptions): StreamFormState {
  const { initial, fieldsOf, problemsOf, earlyProblemsOf, send } = options;
  const [draft, setDraft] = useState(initial);
  const [sent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState(NO_REFUSAL);
  const [attemptsRefused, setAttemptsRefused] = useState(0);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (attemptsRefused > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [attemptsRefused]);

  const shown = fieldsOf(draft);
  const own = problemsAt(problemsOf(draft), shown);
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
      setRefusal(refusalOf(error, shown));
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
    change: (edit) => {
      setDraft((before) => ({ ...before, ...(typeof edit === 'function' ? edit(before) : edit) }));
      setRefusal(NO_REFUSAL);
    },
    submit: (event) => void submit(event),
  };
}
