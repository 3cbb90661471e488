'use client';

import { type RefCallback, type RefObject, useCallback, useRef } from 'react';
import { giveFocus } from './give-focus';

/**
 * Where the focus goes when a control disappears while it has the focus, which the browser would then forget: put
 * `mortal` on what may disappear, and `heir` on what stays.
 */
export function useFocusHeir<Heir extends HTMLElement>(): {
  readonly heir: RefObject<Heir | null>;
  readonly mortal: RefCallback<HTMLElement>;
} {
  const heir = useRef<Heir>(null);
  const mortal = useCallback<RefCallback<HTMLElement>>((element) => {
    return () => {
      if (element) giveFocus(element, () => heir.current);
    };
  }, []);
  return { heir, mortal };
}
