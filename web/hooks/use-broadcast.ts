'use client';

import {
  Broadcaster,
  type BroadcastSettings,
  type BroadcastState,
  type BroadcastStats,
} from '@topicast/broadcast';
import { useCallback, useEffect, useRef, useState } from 'react';

interface Target {
  readonly address: string;
  readonly key: string;
  readonly settings: BroadcastSettings;
}

interface BroadcastControl {
  /** Undefined before the first start, and after a stop. */
  readonly state: BroadcastState | undefined;
  readonly stats: BroadcastStats | undefined;
  readonly start: (target: Target, stream: MediaStream) => void;
  /** Send another picture and sound from now on. */
  readonly use: (stream: MediaStream) => void;
  readonly stop: () => void;
}

/** Sends to a stream from `start` to `stop`, or until the page is left. */
export function useBroadcast(): BroadcastControl {
  const [state, setState] = useState<BroadcastState>();
  const [stats, setStats] = useState<BroadcastStats>();
  const current = useRef<{ readonly broadcaster: Broadcaster; readonly context: AudioContext }>(undefined);

  const end = useCallback(() => {
    current.current?.broadcaster.stop();
    void current.current?.context.close();
    current.current = undefined;
  }, []);
  useEffect(() => end, [end]);

  const start = useCallback(
    (target: Target, stream: MediaStream) => {
      end();
      setStats(undefined);
      const context = new AudioContext();
      const broadcaster = new Broadcaster({ ...target, context, onState: setState, onStats: setStats });
      broadcaster.use(stream);
      current.current = { broadcaster, context };
    },
    [end],
  );
  const use = useCallback((stream: MediaStream) => current.current?.broadcaster.use(stream), []);
  const stop = useCallback(() => {
    end();
    setState(undefined);
    setStats(undefined);
  }, [end]);
  return { state, stats, start, use, stop };
}
