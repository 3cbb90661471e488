'use client';

import { useEffect, useEffectEvent } from 'react';

const TYPED_INTO = 'input, textarea, select, [contenteditable]';
/** Elements that do something themselves on Space. */
const PRESSED_BY_SPACE = 'button, a, summary, [role="button"], [role="slider"]';

/** One action per key, anywhere on the page, but not with a modifier, and not where the key already has a meaning. */
export function useHotkeys(actions: Readonly<Record<string, () => void>>): void {
  const run = useEffectEvent((key: string) => {
    const action = actions[key];
    action?.();
    return action !== undefined;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
      if (document.querySelector('dialog[open]')) return;
      const taken = event.key === ' ' ? `${TYPED_INTO}, ${PRESSED_BY_SPACE}` : TYPED_INTO;
      if (event.target instanceof Element && event.target.closest(taken)) return;
      if (run(event.key.toLowerCase())) event.preventDefault();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
