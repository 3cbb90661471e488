'use client';

import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = 0;

// One clock for all readers, so that all ages on a page change together.
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time to the second; undefined on the server and in the first render, which must look the same. */
export const useNow = (): number | undefined =>
  useSyncExternalStore(
    subscribe,
    () => now || undefined,
    () => undefined,
  );
