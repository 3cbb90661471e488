'use client';

import type { SourceLook } from '@topicast/contracts/look';
import { useEffect, useRef, useState } from 'react';
import type { GatewayAddress } from '../../../lib/gateway-address';
import { GatewayError, lookAtSource } from '../../../lib/gateway-client';
import { type ShownLook, shownLook } from '../../../lib/shown-look';
import { draftProblems, lookRequest, type StreamDraft } from '../../../lib/stream-draft';

type NothingFound =
  | { readonly status: 'none' }
  | { readonly status: 'looking' }
  | { readonly status: 'failed'; readonly problem: string };
export type LookState = NothingFound | ({ readonly status: 'found' } & ShownLook);

/** `seenIn`: the language of the sound that was chosen when the look began. */
type Seen = { readonly status: 'found'; readonly look: SourceLook; readonly seenIn: string };

interface SourceLookOptions {
  readonly gateway: GatewayAddress;
  readonly token: string;
  /** What was seen is forgotten when the source or the quality changes. */
  readonly draft: StreamDraft;
}

const NOBODY: ReadonlySet<string> = new Set();

/** Looks into a source, one look at a time; it ends when the form closes. */
export function useSourceLook({ gateway, token, draft }: SourceLookOptions) {
  const [state, setState] = useState<NothingFound | Seen>({ status: 'none' });
  const running = useRef<AbortController>(undefined);
  const asked = lookRequest(draft);
  // The language changes nothing of what is in there, only what is done with it.
  const key = JSON.stringify(asked && lookRequest({ ...draft, language: '' }));

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for what is asked
  useEffect(() => {
    setState({ status: 'none' });
    return () => running.current?.abort();
  }, [key]);

  async function look(): Promise<void> {
    if (!asked) return;
    running.current?.abort();
    const { path, url } = draftProblems(draft, NOBODY);
    const problem = path ?? url;
    if (problem) return setState({ status: 'failed', problem });
    const stop = new AbortController();
    running.current = stop;
    setState({ status: 'looking' });
    try {
      const found = await lookAtSource(gateway, asked, { token, signal: stop.signal });
      if (!stop.signal.aborted) setState({ status: 'found', look: found, seenIn: draft.language });
    } catch (error) {
      if (stop.signal.aborted) return;
      if (!(error instanceof GatewayError)) throw error;
      setState({ status: 'failed', problem: error.message });
    }
  }
  const stop = (): void => {
    running.current?.abort();
    setState({ status: 'none' });
  };
  const shown: LookState =
    state.status === 'found' ? { status: 'found', ...shownLook(state.look, state.seenIn, draft) } : state;
  return { state: shown, look, stop };
}
