/**
 * Give the focus that an element is about to lose, because it disappears, to another one. This waits for the end of
 * React's changes, because an element that they move loses the focus too.
 */
export function giveFocus(from: Element, to: () => HTMLElement | null | undefined): void {
  if (!from.contains(document.activeElement)) return;
  queueMicrotask(() => {
    if (document.activeElement === document.body) to()?.focus();
  });
}
