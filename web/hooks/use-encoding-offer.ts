'use client';

import type { EncodingOffer } from '@topicast/contracts/http';
import { useEffect, useState } from 'react';
import type { GatewayAddress } from '../lib/gateway-address';
import { GatewayError, getEncodingOffer } from '../lib/gateway-client';

/** What the producers can encode; undefined until it is known. Without an answer, the form offers what always works. */
export function useEncodingOffer(gateway: GatewayAddress, token: string): EncodingOffer | undefined {
  const [offer, setOffer] = useState<EncodingOffer>();
  useEffect(() => {
    const stop = new AbortController();
    getEncodingOffer(gateway, { token, signal: stop.signal }).then(setOffer, (error: unknown) => {
      if (!stop.signal.aborted && !(error instanceof GatewayError)) throw error;
    });
    return () => stop.abort();
  }, [gateway, token]);
  return offer;
}
