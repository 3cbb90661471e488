import { coverage, createPicture, mix, type Picture, paint, type Rgb } from './canvas.js';

/** Seven-segment characters, so that the clock needs no font: a above, then clockwise, g in the middle. */
const SEGMENTS: Record<string, string> = {
  '0': 'abcdef',
  '1': 'bc',
  '2': 'abdeg',
  '3': 'abcdg',
  '4': 'bcfg',
  '5': 'acdfg',
  '6': 'acdefg',
  '7': 'abc',
  '8': 'abcdefg',
  '9': 'abcdfg',
  U: 'bcdef',
  t: 'defg',
  C: 'adef',
};

type Line = readonly [fromX: number, fromY: number, toX: number, toY: number];

interface GlyphStyle {
  readonly height: number;
  readonly colour: Rgb;
  readonly background: Rgb;
}

/** Width of a character's tile. */
export const glyphWidth = (character: string, height: number): number =>
  2 * Math.round(height * (character === ':' || character === '.' ? 0.14 : 0.3));

/** A tile with one character; segments that are off shine through faintly, as on a real display. */
export function renderGlyph(character: string, style: GlyphStyle): Picture {
  const { height, colour, background } = style;
  const tile = createPicture(glyphWidth(character, height), height);
  const half = height * 0.055;
  if (character === ':' || character === '.') {
    const centre = tile.width / 2;
    const dots = character === ':' ? [height * 0.32, height * 0.68] : [height * 0.87];
    paint(tile, (x, y) => {
      const distance = Math.min(...dots.map((dot) => Math.hypot(x - centre, y - dot))) - half;
      return mix(background, colour, coverage(distance));
    });
    return tile;
  }
  const lit = SEGMENTS[character] ?? '';
  const lines = segmentLines(tile.width, height);
  paint(tile, (x, y) => {
    let share = 0;
    for (const [name, line] of lines) {
      const strength = lit.includes(name) ? 1 : 0.06;
      share = Math.max(share, strength * coverage(distanceTo(line, x, y) - half));
    }
    return mix(background, colour, share);
  });
  return tile;
}

function segmentLines(width: number, height: number): [string, Line][] {
  const [left, right] = [width * 0.17, width * 0.83];
  const [top, middle, bottom] = [height * 0.09, height * 0.5, height * 0.91];
  const gap = height * 0.075;
  return [
    ['a', [left + gap, top, right - gap, top]],
    ['b', [right, top + gap, right, middle - gap]],
    ['c', [right, middle + gap, right, bottom - gap]],
    ['d', [left + gap, bottom, right - gap, bottom]],
    ['e', [left, middle + gap, left, bottom - gap]],
    ['f', [left, top + gap, left, middle - gap]],
    ['g', [left + gap, middle, right - gap, middle]],
  ];
}

function distanceTo([x1, y1, x2, y2]: Line, x: number, y: number): number {
  const length2 = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const along = Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length2));
  return Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
}
