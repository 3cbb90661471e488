import { BEEP_PERIOD_MS, FRAME_RATE } from '@topicast/test/barcode-encoder';
import type { PictureSeen } from '@topicast/test/glass';

/** A beep that is further from all pictures that were read says nothing: the picture may have stood still. */
const FARTHEST_MS = 250;

/**
 * How much later each beep was heard than its picture was seen, in ms; negative: earlier.
 * @param beeps when each was heard, by the clock of the pictures
 */
export function lipSync(pictures: readonly PictureSeen[], beeps: readonly number[]): number[] {
  return beeps.flatMap((beep) => {
    const nearest = pictures.reduce<PictureSeen | undefined>(
      (best, picture) =>
        best && Math.abs(best.shownAt - beep) <= Math.abs(picture.shownAt - beep) ? best : picture,
      undefined,
    );
    if (!nearest || Math.abs(nearest.shownAt - beep) > FARTHEST_MS) return [];
    const mediaMs = (nearest.number * 1000) / FRAME_RATE + beep - nearest.shownAt;
    const late = ((mediaMs % BEEP_PERIOD_MS) + BEEP_PERIOD_MS) % BEEP_PERIOD_MS;
    return [late > BEEP_PERIOD_MS / 2 ? late - BEEP_PERIOD_MS : late];
  });
}
