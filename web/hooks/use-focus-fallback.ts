'use client';

import { type RefCallback, type RefObject, useCallback, useRef } from 'react';
import { giveFocus } from './give-focus';

/**
 * Where the focus goes when a part of the page disappears while it has the focus, which the browser would then forget:
 * put `mayDisappear` on that part, and `fallback` on a control that stays.
 */
export function useFocusFallback<Fallback extends HTMLElement>(): {
  readonly fallback: RefObject<Fallback | null>;
  readonly mayDisappear: RefCallback<HTMLElement>;
} {
  const fallback = useRef<Fallback>(null);
  const mayDisappear = useCallback<RefCallback<HTMLElement>>((element) => {
    return () => {
      if (element) giveFocus(element, () => fallback.current);
    };
  }, []);
  return { fallback, mayDisappear };
}
