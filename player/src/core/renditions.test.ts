import type { Catalog } from '@topicast/contracts/catalog';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseRendition, describeRenditions, judgePlayability } from './renditions.js';

const catalog: Catalog = {
  session: 1,
  renditions: [
    {
      rendition: 0,
      bitrate: 4_000_000,
      tracks: [
        { kind: 'video', codec: 'hvc1.1.6.L120.b0', width: 1920, height: 1080 },
        { kind: 'audio', codec: 'opus' },
        { kind: 'data', format: 'id3' },
      ],
    },
    { rendition: 1, tracks: [{ kind: 'video', codec: 'avc1.64001f', height: 720 }, { kind: 'audio' }] },
    { rendition: 2, tracks: [{ kind: 'audio', codec: 'mp4a.40.2' }] },
  ],
};
const withoutHevc = (mimeType: string) => !/hvc1|opus/.test(mimeType);

describe('what a browser can play of a catalog', () => {
  it('is judged by the codecs that are named, and said in one sentence', () => {
    expect(judgePlayability(catalog, withoutHevc)).toEqual({
      unplayable: [0],
      problem: 'This browser cannot play HEVC video (hvc1.1.6.L120.b0) and Opus sound (opus).',
    });
    expect(judgePlayability(catalog, () => true).unplayable).toEqual([]);
    expect(judgePlayability(catalog, (mimeType) => mimeType !== 'audio/mp4; codecs="opus"').problem).toBe(
      'This browser cannot play Opus sound (opus).',
    );
  });

  it('is described for the page, best first, without what is not known', () => {
    const shuffled = { ...catalog, renditions: catalog.renditions.toReversed() };
    expect(describeRenditions(shuffled, withoutHevc)).toEqual([
      {
        ...{ rendition: 0, playable: false, bitrate: 4_000_000, width: 1920, height: 1080 },
        ...{ videoCodec: 'hvc1.1.6.L120.b0', audioCodec: 'opus' },
      },
      { rendition: 1, playable: true, height: 720, videoCodec: 'avc1.64001f' },
      { rendition: 2, playable: true, audioCodec: 'mp4a.40.2' },
    ]);
  });
});

describe('the choice of a rendition', () => {
  const choose = (wanted: number | 'auto', current: number | undefined, unplayable: readonly number[] = []) =>
    chooseRendition(catalog, { wanted, current, unplayable: new Set(unplayable) });

  it('is the one that is wanted, else the present one, else the best', () => {
    expect(choose(2, 0)).toBe(2);
    expect(choose('auto', 1)).toBe(1);
    expect(choose('auto', undefined)).toBe(0);
    expect(choose(7, 1)).toBe(1);
    expect(choose(0, 0, [0])).toBe(1);
    expect(choose(0, 2, [0])).toBe(2);
    expect(choose('auto', 0, [0, 1, 2])).toBeUndefined();
  });

  it('can always be played, and once made is not made otherwise', () => {
    const wanted = fc.oneof(fc.constant('auto' as const), fc.nat(5));
    fc.assert(
      fc.property(wanted, fc.option(fc.nat(5)), fc.uniqueArray(fc.nat(2)), (wanted, current, unplayable) => {
        const chosen = choose(wanted, current ?? undefined, unplayable);
        if (chosen === undefined) {
          expect(unplayable).toHaveLength(catalog.renditions.length);
          return;
        }
        expect(unplayable).not.toContain(chosen);
        expect(choose(wanted, chosen, unplayable)).toBe(chosen);
      }),
    );
  });
});
