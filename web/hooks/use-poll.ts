'use client';

import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';
import { GatewayError } from '../lib/gateway-client';

/** What we know about something that is requested repeatedly. */
export type Polled<T> =
  | { readonly status: 'loading' }
  | { readonly status: 'fresh'; readonly value: T }
  /** The last request failed; `last` is what we knew before. */
  | { readonly status: 'failed'; readonly error: GatewayError; readonly last: T | undefined };

interface PollOptions<T> {
  readonly load: (signal: AbortSignal) => Promise<T>;
  /** Milliseconds from one answer to the next request. */
  readonly everyMs: number;
  readonly initial: Polled<T>;
  /** While false, there are no requests. */
  readonly enabled?: boolean;
}

export const latestOf = <T>(polled: Polled<T>): T | undefined =>
  polled.status === 'fresh' ? polled.value : polled.status === 'failed' ? polled.last : undefined;

/**
 * Sends one request at a time, none while the page is hidden, and one at once when it is shown again. `refresh` sends
 * one now.
 */
export function usePoll<T>({
  load,
  everyMs,
  initial,
  enabled = true,
}: PollOptions<T>): [Polled<T>, () => void] {
  const [polled, setPolled] = useState(initial);
  const ask = useEffectEvent(load);
  const refreshNow = useRef<() => void>(() => undefined);

  useEffect(() => {
    if (!enabled) return;
    const stopped = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let round = 0;

    async function question(): Promise<void> {
      clearTimeout(timer);
      const mine = ++round;
      try {
        const value = await ask(stopped.signal);
        if (mine === round) setPolled({ status: 'fresh', value });
      } catch (error) {
        if (stopped.signal.aborted || mine !== round) return;
        if (!(error instanceof GatewayError)) throw error;
        setPolled((before) => ({ status: 'failed', error, last: latestOf(before) }));
      }
      if (mine === round && !stopped.signal.aborted) timer = setTimeout(whenShown, everyMs);
    }
    function whenShown(): void {
      if (document.visibilityState === 'visible') void question();
    }

    refreshNow.current = () => void question();
    document.addEventListener('visibilitychange', whenShown);
    whenShown();
    return () => {
      refreshNow.current = () => undefined;
      stopped.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', whenShown);
    };
  }, [enabled, everyMs]);

  return [polled, useCallback(() => refreshNow.current(), [])];
}
