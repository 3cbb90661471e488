'use client';

import { type RefObject, useCallback, useLayoutEffect, useRef } from 'react';
import { giveFocus } from './give-focus';

/**
 * Keeps the focus in sight when its row moves, and gives it to the nearest row that stays when its row disappears: to
 * the control with `data-row-focus` there, or to the last fallback if no row stays.
 */
export function useRowFocus(place: number, lastFallback: RefObject<HTMLElement | null>) {
  const row = useRef<HTMLLIElement>(null);

  // React gives the focus back to an element that it has moved, without scrolling.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the place is what moves the row
  useLayoutEffect(() => {
    if (row.current?.contains(document.activeElement)) row.current.scrollIntoView({ block: 'nearest' });
  }, [place]);

  return useCallback(
    (element: HTMLLIElement | null) => {
      row.current = element;
      return () => {
        row.current = null;
        if (!element) return;
        // Any of them may disappear together with this one.
        const others = [...siblings(element, 'next'), ...siblings(element, 'previous')];
        giveFocus(element, () => {
          const nearest = others.find(({ isConnected }) => isConnected);
          return nearest?.querySelector<HTMLElement>('[data-row-focus]') ?? lastFallback.current;
        });
      };
    },
    [lastFallback],
  );
}

/** The nearest first. */
function siblings(element: Element, side: 'next' | 'previous'): Element[] {
  const beside = side === 'next' ? element.nextElementSibling : element.previousElementSibling;
  return beside ? [beside, ...siblings(beside, side)] : [];
}
