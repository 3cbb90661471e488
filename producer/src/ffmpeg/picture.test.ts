import { describe, expect, it } from 'vitest';
import { coloursOf, hdrOf, isRgb, readPicture } from './picture.js';
import { pictureFilter } from './picture-filter.js';

const picture = (words: string, ...beside: string[]) =>
  readPicture(`  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), ${words}, 25 fps`, beside)!;

describe('readPicture', () => {
  it('reads what ffmpeg says, of all versions', () => {
    expect(
      picture('yuv420p10le(tv, bt2020nc/bt2020/smpte2084, progressive), 3840x2160 [SAR 1:1 DAR 16:9]'),
    ).toEqual({
      ...{ width: 3840, height: 2160, pixelAspect: 1, isTurned: false, isInterlaced: false },
      pixels: 'yuv420p10le',
      colours: { matrix: 'bt2020nc', primaries: 'bt2020', transfer: 'smpte2084' },
    });
    expect(
      picture('yuv420p(tv, bt470bg/unknown/unknown, top first), 720x576 [SAR 16:11 DAR 20:11]'),
    ).toMatchObject({
      pixelAspect: 16 / 11,
      isInterlaced: true,
      colours: { matrix: 'bt470bg', primaries: undefined, transfer: undefined },
    });
    expect(picture('yuv422p10le(tv, bt709, top coded first (swapped)), 1920x1080')).toMatchObject({
      ...{ width: 1920, isInterlaced: true, pixels: 'yuv422p10le' },
      colours: { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709' },
    });
    expect(picture('0rgb, 640x360')).toMatchObject({ pixels: '0rgb', width: 640 });
    expect(picture('none')).toBeUndefined();
  });

  it('turns what players must turn', () => {
    for (const words of [
      '      displaymatrix: rotation of -90.00 degrees',
      '      Display Matrix: rotation of 90.00 degrees',
    ]) {
      expect(picture('yuv420p, 1920x1080 [SAR 4:3 DAR 64:27]', words)).toMatchObject({
        ...{ width: 1080, height: 1920, pixelAspect: 3 / 4, isTurned: true },
      });
    }
    expect(picture('yuv420p, 640x360', 'displaymatrix: rotation of 180.00 degrees')).toMatchObject({
      ...{ width: 640, height: 360, isTurned: true },
    });
  });

  it('names colours that nobody has named', () => {
    expect(coloursOf(picture('yuv420p, 720x576')).matrix).toBe('smpte170m');
    expect(coloursOf(picture('yuv420p, 1280x720')).matrix).toBe('bt709');
    expect(coloursOf(picture('bgra, 640x360')).matrix).toBe('bt709');
    expect(isRgb(picture('0rgb, 640x360'))).toBe(true);
    expect(hdrOf(picture('yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67), 1920x1080'))).toBe('arib-std-b67');
  });
});

it('a picture of any shape fits into what can be encoded', () => {
  const sizeOf = (words: string, maxHeight: number) => {
    const shown = { picture: picture(words), colours: coloursOf(picture(words)), hdr: undefined };
    const filter = pictureFilter({ maxHeight, shown, isProgressive: true, rate: undefined });
    return /pad=(\d+):(\d+)/.exec(filter)!.slice(1).map(Number);
  };
  expect(sizeOf('yuv420p, 1920x1080', 720)).toEqual([1280, 720]);
  expect(sizeOf('yuv420p, 1920x1080 [SAR 9:1 DAR 16:1]', 1080)).toEqual([4096, 256]);
  // Damage.
  expect(sizeOf('yuv420p, 1920x1080 [SAR 100:1 DAR 177:1]', 1080)).toEqual([1920, 1080]);
  expect(sizeOf('yuv420p, 15x10', 1080)).toEqual([14, 10]);
  expect(sizeOf('yuv420p, 10x4000', 720)).toEqual([2, 720]);
});
