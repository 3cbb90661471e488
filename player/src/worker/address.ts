import { formatPosition, type Position } from '@topicast/contracts/position';

/**
 * The address to connect to (PROTOCOL 4).
 * @param after where to continue; it names its rendition
 * @param rendition where to join; absent: as the address says, or else the gateway's choice
 * @param offers ask which later messages the gateway understands
 */
export function connectionAddress(
  url: string,
  after: Position | undefined,
  rendition: number | undefined,
  offers: boolean,
): string {
  if (!after && rendition === undefined && !offers) return url;
  const address = new URL(url);
  if (rendition !== undefined) address.searchParams.set('rendition', String(rendition));
  if (offers) address.searchParams.set('offers', '1');
  if (after) address.searchParams.set('after', formatPosition(after));
  return address.href;
}

/** The rendition that an address asks for; if it names none, the gateway gives the best. */
export const renditionOf = (url: string): number => Number(/[?&]rendition=(\d+)/.exec(url)?.[1] ?? 0);
