'use client';

import { useState } from 'react';
import type { GatewayAddress } from '../../lib/gateway-address';
import { actOnStream, GatewayError } from '../../lib/gateway-client';

/** A restart is a start of a stream that has failed. */
export type EncoderAction = 'start' | 'restart' | 'stop';

interface StreamActionOptions {
  readonly gateway: GatewayAddress;
  readonly token: string;
  readonly id: string;
  /** A request is about to be sent. */
  readonly onAct: () => void;
  readonly onDone: () => void;
}

/** Start and stop, one at a time; `error` is what the gateway said to the last one. */
export function useStreamAction({ gateway, token, id, onAct, onDone }: StreamActionOptions) {
  const [pending, setPending] = useState<EncoderAction>();
  const [error, setError] = useState<string>();

  async function act(action: EncoderAction): Promise<void> {
    setPending(action);
    setError(undefined);
    onAct();
    try {
      await actOnStream(gateway, id, action === 'stop' ? 'stop' : 'start', { token });
    } catch (reason) {
      if (!(reason instanceof GatewayError)) throw reason;
      setError(reason.message);
    } finally {
      setPending(undefined);
      onDone();
    }
  }
  return { pending, error, act };
}
