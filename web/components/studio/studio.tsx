'use client';

import { useState } from 'react';
import { useOperatorToken } from '../../hooks/use-operator-token';
import type { GatewayAddress } from '../../lib/gateway-address';
import { Dashboard } from './dashboard';
import { DashboardSkeleton } from './dashboard-skeleton';
import { StreamPage } from './stream/stream-page';
import { TokenForm } from './token-form';

interface StudioProps {
  readonly gateway: GatewayAddress;
  /** The page of one stream; absent: all of them. */
  readonly stream?: string;
}

/** For visitors who have the operator's token; others are asked for the token. */
export function Studio({ gateway, stream }: StudioProps) {
  const [token, setToken] = useOperatorToken();
  const [refused, setRefused] = useState(false);
  const refuse = () => {
    setRefused(true);
    setToken(undefined);
  };
  switch (token.status) {
    case 'unknown':
      return <DashboardSkeleton />;
    case 'absent':
      return (
        <TokenForm
          refused={refused}
          onToken={(value) => {
            setRefused(false);
            setToken(value);
          }}
        />
      );
    case 'present':
      return stream === undefined ? (
        <Dashboard
          key={token.value}
          gateway={gateway}
          token={token.value}
          onRefused={refuse}
          onLeave={() => setToken(undefined)}
        />
      ) : (
        <StreamPage key={token.value} id={stream} gateway={gateway} token={token.value} onRefused={refuse} />
      );
  }
}
