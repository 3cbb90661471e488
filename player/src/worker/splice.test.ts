import { seconds } from '@topicast/contracts/units';
import type { Fragment, TrackKind } from '@topicast/media/fmp4';
import { expect, it } from 'vitest';
import { type Splice, spliceSound } from './splice.js';

const init = { mimeType: 'audio/mp4; codecs="mp4a.40.2"', data: new Uint8Array(1) };
const fragment = (track: TrackKind, end: number, over: Partial<Fragment> = {}): Fragment => ({
  ...{ track, start: seconds(end - 0.02), end: seconds(end), data: new Uint8Array(0) },
  ...{ keyframe: true, samples: 1, discontinuity: false },
  ...over,
});

/** Ends of the sound that is appended after a switch at which it had come to 1 s. */
function sound(...chunks: readonly (readonly Fragment[])[]) {
  let splice: Splice | undefined = { upTo: seconds(1) };
  const kept = chunks.flatMap((fragments) => {
    const step = spliceSound(fragments, splice);
    splice = step.splice;
    return step.kept;
  });
  return { kept, ends: kept.filter(({ track }) => track === 'audio').map(({ end }) => end), splice };
}

it('leaves out what the rendition before has brought, and no picture', () => {
  const { kept, ends, splice } = sound(
    [fragment('video', 0.97), fragment('audio', 0.98)],
    [fragment('video', 1.01), fragment('audio', 1.002), fragment('audio', 1.022)],
    [fragment('audio', 1.044)],
  );
  expect(ends).toEqual([1.022, 1.044]);
  expect(kept.filter(({ track }) => track === 'video')).toHaveLength(2);
  expect(splice).toBeUndefined();
});

it('does not lose the init segment of what it leaves out', () => {
  const { kept } = sound(
    [fragment('audio', 0.98, { init })],
    [fragment('audio', 1)],
    [fragment('audio', 1.02)],
  );
  expect(kept).toEqual([fragment('audio', 1.02, { init })]);
});

it('takes sound of another timeline as it is', () => {
  const { ends } = sound([fragment('audio', 0.5, { discontinuity: true }), fragment('audio', 0.52)]);
  expect(ends).toEqual([0.5, 0.52]);
});
