'use client';

import { useEffect, useEffectEvent } from 'react';

/** Calls `action` for a key anywhere on the page, but not while something is typed or with a modifier. */
export function useHotkey(key: string, action: () => void): void {
  const run = useEffectEvent(action);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const modified = event.ctrlKey || event.metaKey || event.altKey;
      const typing =
        event.target instanceof Element && event.target.matches('input, textarea, select, [contenteditable]');
      if (event.key.toLowerCase() === key && !modified && !typing && !event.repeat) run();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [key]);
}
