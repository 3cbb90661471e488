'use client';

import { useState } from 'react';
import { useOperatorToken } from '../../hooks/use-operator-token';
import type { GatewayAddress } from '../../lib/gateway-address';
import { Dashboard } from './dashboard';
import { DashboardSkeleton } from './dashboard-skeleton';
import { TokenForm } from './token-form';

/** The dashboard for visitors who have the operator's token; others are asked for the token. */
export function Studio({ gateway }: { readonly gateway: GatewayAddress }) {
  const [token, setToken] = useOperatorToken();
  const [refused, setRefused] = useState(false);
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
      return (
        <Dashboard
          key={token.value}
          gateway={gateway}
          token={token.value}
          onRefused={() => {
            setRefused(true);
            setToken(undefined);
          }}
          onLeave={() => setToken(undefined)}
        />
      );
  }
}
