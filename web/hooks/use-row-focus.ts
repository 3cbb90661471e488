'use client';

import { type RefObject, useCallback, useLayoutEffect, useRef } from 'react';
import { giveFocus } from './give-focus';

/**
 * Keeps the focus in sight when its row moves, and gives it to the row beside when its row disappears: to the control
 * with `data-row-focus` there, or to the last heir if there is none.
 */
export function useRowFocus(place: number, lastHeir: RefObject<HTMLElement | null>) {
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
        const beside = element?.nextElementSibling ?? element?.previousElementSibling;
        if (element) {
          giveFocus(
            element,
            () => beside?.querySelector<HTMLElement>('[data-row-focus]') ?? lastHeir.current,
          );
        }
      };
    },
    [lastHeir],
  );
}
