'use client';

import { HEALTH_HISTORY, type HealthColumns, type StreamHealth } from '@topicast/contracts/stream-health';
import { useRef } from 'react';
import type { GatewayAddress } from '../lib/gateway-address';
import { getHealth } from '../lib/gateway-client';
import { joinColumns } from '../lib/health-columns';
import { latestOf, usePoll } from './use-poll';

const POLL_MS = 2_000;

/** The figures of the last ten minutes, of which only the new ones are asked for. */
export function useStreamHealth(
  gateway: GatewayAddress,
  id: string,
  token: string,
): StreamHealth | undefined {
  const known = useRef<HealthColumns>(undefined);
  const [polled] = usePoll<StreamHealth>({
    load: async (signal) => {
      const since = (known.current?.time.at(-1) ?? 0) + 1;
      const health = await getHealth(gateway, id, since, { signal, token });
      known.current = joinColumns(known.current, health.columns, HEALTH_HISTORY);
      return { ...health, columns: known.current };
    },
    everyMs: POLL_MS,
    initial: { status: 'loading' },
  });
  return latestOf(polled);
}
