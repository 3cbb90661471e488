import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { footage } from '@topicast/test/footage';
import { temporaryFolder } from '@topicast/test/temporary';
import { afterAll, describe, expect, it } from 'vitest';
import { FFMPEGS } from '../testing/film.js';
import { encodePictures, lookAt, planFor } from '../testing/planned.js';
import { startGuard } from './guard.js';

const folder = temporaryFolder();
const guard = startGuard();
afterAll(async () => {
  await guard.close();
  folder[Symbol.dispose]();
});

const [newest] = FFMPEGS;
const at = (name: string): string => path.join(folder.path, name);
const ffmpeg = (...args: string[]): Buffer =>
  execFileSync(newest!.path, ['-v', 'error', '-nostdin', '-y', ...args], { cwd: folder.path, stdio: 'pipe' });
const make = (name: string, ...args: string[]): string => {
  ffmpeg('-i', 'base.mkv', ...args, name);
  return at(name);
};

// Without loss, in the colours of standard definition, as films of this size have them.
const TAGS = '-colorspace smpte170m -color_primaries smpte170m -color_trc smpte170m'.split(' ');
ffmpeg(
  ...['-i', footage('tears-of-steel-clip.webm').path, '-t', '1', '-an', '-vf'],
  ...['scale=320:180:out_color_matrix=smpte170m,setsar=1', '-c:v', 'ffv1', ...TAGS, 'base.mkv'],
);

const inHdr = (transfer: string, ...darker: string[]): string[] => [
  '-vf',
  [
    'zscale=min=170m:tin=bt709:pin=bt709:t=linear:npl=100,format=gbrpf32le',
    ...darker,
    `zscale=p=bt2020:t=${transfer}:m=bt2020nc:npl=${transfer === 'smpte2084' ? 203 : 1000},format=yuv420p10le`,
  ].join(','),
  ...['-c:v', 'ffv1', '-colorspace', 'bt2020nc', '-color_primaries', 'bt2020', '-color_trc', transfer],
];
const lossless = (pixels: string): string[] => ['-c:v', 'ffv1', '-pix_fmt', pixels, ...TAGS];
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '8'];

type Kind = 'usual' | 'hdr' | 'turned';
const [WIDE, USUAL] = [[320, 180] as const, 'usual' as const];
/** Sources that look like the base when they are shown as they are meant. */
const SOURCES: Record<string, readonly [Kind, readonly [number, number], name: string, ...recipe: string[]]> =
  {
    'HDR10 (PQ)': ['hdr', WIDE, 'pq.mkv', ...inHdr('smpte2084')],
    // White is at 75 % of the signal.
    HLG: ['hdr', WIDE, 'hlg.mkv', ...inHdr('arib-std-b67', 'exposure=exposure=-2.3005')],
    'HDR of which nothing but the transfer is named': [
      ...(['hdr', WIDE, 'half.mkv'] as const),
      ...inHdr('smpte2084').map((word) => (/^bt2020(?:nc)?$/.test(word) ? 'unknown' : word)),
    ],
    'ten bits': [USUAL, WIDE, 'ten.mkv', ...lossless('yuv420p10le')],
    '4:4:4': [USUAL, WIDE, '444.mkv', ...lossless('yuv444p')],
    '4:2:2, ten bits': [USUAL, WIDE, '422.mkv', ...lossless('yuv422p10le')],
    RGB: [
      USUAL,
      WIDE,
      'rgb.mkv',
      '-vf',
      'scale=in_color_matrix=smpte170m',
      '-c:v',
      'ffv1',
      '-pix_fmt',
      'bgra',
    ],
    'full range': [
      USUAL,
      WIDE,
      'full.mkv',
      '-vf',
      'scale=out_range=pc',
      '-color_range',
      'pc',
      ...x264,
      ...TAGS,
    ],
    'colours not named': [USUAL, WIDE, 'bare.mp4', ...x264, '-x264-params', 'colormatrix=undef'],
    'turned by a quarter': ['turned', WIDE, 'phone.mp4', '-vf', 'transpose=cclock', ...x264, ...TAGS],
    anamorphic: [USUAL, WIDE, 'wide.mkv', '-vf', 'scale=240:180,setsar=4/3', ...lossless('yuv420p')],
    'odd sides': [USUAL, WIDE, 'odd.mkv', '-vf', 'pad=321:181:0:0', ...lossless('yuv444p')],
  };

/** The mean colours of nine parts of the picture, as a player shows it that believes what the file says; 0 to 255. */
function colours(file: string): number[] {
  const means = 'format=gbrp,scale=3:3:flags=area';
  return [...ffmpeg('-i', file, '-frames:v', '1', '-vf', means, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-')];
}
const furthest = (one: readonly number[], other: readonly number[]): number =>
  Math.max(...one.map((value, index) => Math.abs(value - other[index]!)));
/** By rounding; and because bright parts of HDR are compressed, which nobody would take for pale (65 and more). */
const MOST_OFF = { usual: 3, hdr: 30 } as const;

describe.each(FFMPEGS.map((version) => [version.version, version] as const))('by ffmpeg %s', (_, version) => {
  it.for(Object.entries(SOURCES))('%s is shown as it is meant', async ([, recipe], { skip }) => {
    const [kind, size, name, ...words] = recipe;
    if (kind === 'hdr' && !(newest!.mapsTones && version.mapsTones)) skip('no filters zscale and tonemap');
    const source = make(name, ...words);
    if (kind === 'turned') turn(source);
    const input = { kind: 'file', path: source } as const;
    const { plan } = planFor(input, await lookAt(input, version, guard), version);
    const shown = at(`${name}.ts`);
    encodePictures(plan, shown, version);
    expect((await lookAt({ kind: 'file', path: shown }, newest!, guard)).picture).toMatchObject({
      ...{ width: size[0], height: size[1], pixelAspect: 1, pixels: 'yuv420p' },
      colours: { matrix: expect.any(String) },
    });
    expect(furthest(colours(shown), colours(at('base.mkv')))).toBeLessThanOrEqual(
      kind === 'hdr' ? MOST_OFF.hdr : MOST_OFF.usual,
    );
  });

  it('a picture of another shape gets bars, and none is stretched', async () => {
    const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '8', '-f', 'mpegts'];
    const still = (name: string, size: string) => {
      ffmpeg('-f', 'lavfi', '-i', `color=red:s=${size}:r=25`, '-frames:v', '25', ...x264, name);
      return readFileSync(at(name));
    };
    const path = at('turns.ts');
    writeFileSync(path, Buffer.concat([still('lies.ts', '320x180'), still('stands.ts', '180x320')]));
    const input = { kind: 'file', path } as const;
    const { plan } = planFor(input, await lookAt(input, version, guard), version);
    encodePictures(plan, at('turned.ts'), version);
    // Of each picture, how red the columns are.
    const columns = [
      '-vf',
      'scale=320:1:flags=area,format=rgb24',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgb24',
      '-',
    ];
    const bytes = ffmpeg('-i', at('turned.ts'), ...columns);
    const widths = Array.from({ length: bytes.byteLength / 960 }, (_, picture) =>
      Array.from({ length: 320 }, (_, x) => bytes[picture * 960 + x * 3]!).filter((red) => red > 128),
    ).map(({ length }) => length);
    expect(widths[0]).toBe(320);
    // 180 by 320 in a height of 180.
    expect(Math.abs(widths.at(-1)! - 101)).toBeLessThanOrEqual(2);
  });
});

/** Writes a rotation into the header of the track (ISO 14496-12 8.3.2): not all versions of ffmpeg can. */
function turn(file: string): void {
  const bytes = readFileSync(file);
  const matrix = bytes.indexOf('tkhd') + 44;
  const quarter = [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000];
  for (const [index, value] of quarter.entries()) bytes.writeInt32BE(value, matrix + index * 4);
  writeFileSync(file, bytes);
}

describe('what is to be sent as it is', () => {
  const planned = async (name: string, ...recipe: string[]) => {
    const input = { kind: 'file', path: make(name, ...recipe) } as const;
    if (name === 'turned.mp4') turn(input.path);
    const { plan, notes } = planFor(input, await lookAt(input, newest!, guard), newest!, true);
    return [plan.video, plan.audio, notes.filter((note) => note !== 'The source has no sound.')[0]];
  };
  const tone = [
    '-f',
    'lavfi',
    '-t',
    '1',
    '-i',
    'sine=f=440:r=48000',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
  ];
  const aac = (layout: string) => [
    ...tone,
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    '-af',
    `aformat=channel_layouts=${layout}`,
  ];

  it('is, where browsers show it right', async () => {
    expect(await planned('plain.mp4', ...aac('stereo'))).toEqual(['copy', 'copy', undefined]);
    expect(await planned('six.mp4', ...aac('5.1'))).toEqual(['copy', 'copy', undefined]);
  });

  it('is encoded where they would not, with the reason', async () => {
    expect(await planned('turned.mp4', ...aac('stereo'))).toEqual([
      ...['encode', 'copy', expect.stringContaining('turned by its container')],
    ]);
    expect(await planned('444.mp4', ...tone, '-pix_fmt', 'yuv444p', '-c:a', 'aac')).toEqual([
      ...['encode', 'copy', expect.stringContaining('yuv444p')],
    ]);
    const fields = ['-vf', 'interlace', '-flags', '+ildct+ilme', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
    expect(await planned('fields.mp4', ...tone, ...fields)).toEqual([
      ...['encode', 'copy', expect.stringContaining('interlaced')],
    ]);
    expect(await planned('side.mp4', ...aac('2.1'))).toEqual([
      ...['copy', 'encode', expect.stringContaining('channels')],
    ]);
    expect(await planned('ac3.ts', ...tone, '-pix_fmt', 'yuv420p', '-c:a', 'ac3')).toEqual([
      ...['copy', 'encode', expect.stringContaining('ac3')],
    ]);
  });
});
