'use client';

import { useState } from 'react';
import type { GatewayAddress } from '../../lib/gateway-address';
import { actOnStream, GatewayError } from '../../lib/gateway-client';

type EncoderAction = 'start' | 'stop';

interface StreamActionOptions {
  readonly gateway: GatewayAddress;
  readonly token: string;
  readonly id: string;
  readonly onDone: () => void;
}

/** Start and stop, one at a time; `error` is what the gateway said to the last one. */
export function useStreamAction({ gateway, token, id, onDone }: StreamActionOptions) {
  const [pending, setPending] = useState<EncoderAction>();
  const [error, setError] = useState<string>();

  async function act(action: EncoderAction): Promise<void> {
    setPending(action);
    setError(undefined);
    try {
      await actOnStream(gateway, id, action, { token });
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
