'use client';

import { useEffect, useState } from 'react';
import type { GatewayAddress } from '../lib/gateway-address';
import { getThumbnail } from '../lib/gateway-client';
import { latestOf, usePoll } from './use-poll';

/** As often as there are new ones, by default. */
const POLL_MS = 5_000;

interface ThumbnailOptions {
  readonly gateway: GatewayAddress;
  readonly id: string;
  readonly token: string | undefined;
  /** While false, the last picture stays. */
  readonly enabled: boolean;
}

/** The address of the stream's newest picture in this page; undefined while there is none. */
export function useThumbnail({ gateway, id, token, enabled }: ThumbnailOptions): string | undefined {
  const [polled] = usePoll({
    load: (signal) => getThumbnail(gateway, id, { signal, token }),
    everyMs: POLL_MS,
    initial: { status: 'loading' },
    enabled,
  });
  const picture = latestOf(polled);
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    if (!picture) {
      setAddress(undefined);
      return;
    }
    const made = URL.createObjectURL(picture);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  return address;
}
