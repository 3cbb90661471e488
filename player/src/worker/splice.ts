import { type Seconds, seconds } from '@topicast/contracts/units';
import type { Fragment, InitSegment } from '@topicast/media/fmp4';

/** Sound that ends this little after what is there already is the same sound: times of different encoders are rounded. */
const SAME_SOUND = seconds(0.005);

/** A switch of the rendition whose sound has not gone on yet. */
export interface Splice {
  /** The rendition before has brought the sound up to here. */
  readonly upTo: Seconds;
  /** Of sound that was left out. */
  readonly init?: InitSegment | undefined;
}

/**
 * Leaves out the sound that the rendition before has brought already. Which frames a keyframe chunk holds beside its
 * picture depends on the encoder; renditions share the decode times of pictures alone.
 * @returns the fragments to append, and the splice where it is not done with them
 */
export function spliceSound(
  fragments: readonly Fragment[],
  before: Splice | undefined,
): { readonly kept: readonly Fragment[]; readonly splice: Splice | undefined } {
  let splice = before;
  const kept = fragments.flatMap((fragment) => {
    if (!splice || fragment.track === 'video') return [fragment];
    const { upTo } = splice;
    const init = fragment.init ?? splice.init;
    const isOld = !fragment.discontinuity && fragment.end <= upTo + SAME_SOUND;
    splice = isOld ? { upTo, init } : undefined;
    return isOld ? [] : [{ ...fragment, ...(init && { init }) }];
  });
  return { kept, splice };
}
