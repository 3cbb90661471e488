import type { Catalog, Rendition } from '@topicast/contracts/catalog';
import { videoOf } from '@topicast/contracts/tracks';

/**
 * The smallest rendition whose picture has at least so many lines, because that costs least; the best one if none has,
 * or if sizes are unknown. Undefined without a picture.
 */
export function smallestPicture(catalog: Catalog, leastLines: number): Rendition | undefined {
  const withPicture = catalog.renditions.filter((each) => videoOf(each));
  return withPicture.findLast((each) => (videoOf(each)?.height ?? 0) >= leastLines) ?? withPicture[0];
}
