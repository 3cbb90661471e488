'use client';

import type { CreateStreamRequest } from '@topicast/contracts/http';
import type { SourceLook } from '@topicast/contracts/look';
import { useEffect, useRef, useState } from 'react';
import type { GatewayAddress } from '../../lib/gateway-address';
import { GatewayError, lookAtSource } from '../../lib/gateway-client';

export type LookState =
  | { readonly status: 'none' }
  | { readonly status: 'looking' }
  | { readonly status: 'found'; readonly look: SourceLook }
  | { readonly status: 'failed'; readonly problem: string };

type Asked = Pick<CreateStreamRequest, 'source' | 'ladder'>;

interface SourceLookOptions {
  readonly gateway: GatewayAddress;
  readonly token: string;
  /** What is in the form. What was seen is forgotten when it changes. */
  readonly asked: Asked;
}

/** Looks into a source, one look at a time; it ends when the form closes. */
export function useSourceLook({ gateway, token, asked }: SourceLookOptions) {
  const [state, setState] = useState<LookState>({ status: 'none' });
  const running = useRef<AbortController>(undefined);
  const key = JSON.stringify(asked);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for what is asked
  useEffect(() => {
    setState({ status: 'none' });
    return () => running.current?.abort();
  }, [key]);

  async function look(): Promise<void> {
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    setState({ status: 'looking' });
    try {
      const found = await lookAtSource(gateway, asked, { token, signal: stop.signal });
      if (!stop.signal.aborted) setState({ status: 'found', look: found });
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
  return { state, look, stop };
}
