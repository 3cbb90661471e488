import type { Catalog } from '@topicast/contracts/catalog';
import { describe, expect, it } from 'vitest';
import { rungsWithin, type ViewerLimits } from './rung.js';

const video = (width: number, height: number) => ({ kind: 'video', width, height }) as const;

const CATALOG: Catalog = {
  session: 1,
  renditions: [
    { rendition: 0, bitrate: 3_000_000, tracks: [video(1280, 720)] },
    { rendition: 1, bitrate: 1_200_000, tracks: [video(854, 480)] },
    { rendition: 2, bitrate: 500_000, tracks: [video(426, 240)] },
    { rendition: 3, bitrate: 64_000, tracks: [{ kind: 'audio' }] },
  ],
};

const within = (limits: ViewerLimits, unplayable: readonly number[] = []) => {
  const { rungs, reason } = rungsWithin(CATALOG, new Set(unplayable), limits);
  return [rungs.map(({ rendition }) => rendition).join(''), reason];
};

describe('the renditions to choose from', () => {
  it('are all that the browser can play', () => {
    expect(within({})).toEqual(['0123', 'best']);
    expect(within({}, [0, 2])).toEqual(['13', 'best']);
    expect(within({}, [0, 1, 2, 3])).toEqual(['', 'best']);
  });

  it('begin with the smallest one that is large enough for its place', () => {
    expect(within({ box: { width: 1920, height: 1080 } })).toEqual(['0123', 'best']);
    expect(within({ box: { width: 960, height: 540 } })).toEqual(['123', 'size']);
    expect(within({ box: { width: 1200, height: 240 } })).toEqual(['23', 'size']);
    expect(within({ box: { width: 160, height: 90 } })).toEqual(['23', 'size']);
  });

  it('keep to the limits of the page, and to a viewer who saves data', () => {
    expect(within({ maxHeight: 480 })).toEqual(['123', 'limit']);
    expect(within({ maxBitrate: 1_000_000 })).toEqual(['23', 'limit']);
    expect(within({ saveData: true })).toEqual(['2', 'data']);
    expect(within({ maxBitrate: 1_000_000, saveData: true })).toEqual(['2', 'limit']);
  });

  it('are never none because of a limit', () => {
    expect(within({ maxBitrate: 1_000 })).toEqual(['3', 'limit']);
  });

  it('have a bitrate even before it has been measured', () => {
    const [rung] = rungsWithin(
      { session: 1, renditions: [{ rendition: 0, tracks: [video(1280, 720)] }] },
      new Set(),
      {},
    ).rungs;
    expect(rung?.bitrate).toBeGreaterThan(2_000_000);
  });
});
