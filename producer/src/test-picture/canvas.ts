/** A raw picture, planar YUV 4:2:0. All coordinates and sizes are even, as the colour planes have half of each. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** The three planes in one piece, as ffmpeg reads them. */
  readonly data: Uint8Array;
  readonly y: Uint8Array;
  readonly u: Uint8Array;
  readonly v: Uint8Array;
}

export type Rgb = readonly [red: number, green: number, blue: number];
type Yuv = readonly [y: number, u: number, v: number];

export function createPicture(width: number, height: number): Picture {
  const luma = width * height;
  const data = new Uint8Array(luma * 1.5);
  return {
    width,
    height,
    data,
    y: data.subarray(0, luma),
    u: data.subarray(luma, luma * 1.25),
    v: data.subarray(luma * 1.25),
  };
}

/** ITU-R BT.709, studio range. */
function yuvOf([red, green, blue]: Rgb): Yuv {
  const luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return [
    16 + (219 / 255) * luma,
    128 + (224 / 255) * ((blue - luma) / 1.8556),
    128 + (224 / 255) * ((red - luma) / 1.5748),
  ];
}

export const mix = (from: Rgb, to: Rgb, share: number): Rgb => [
  from[0] + (to[0] - from[0]) * share,
  from[1] + (to[1] - from[1]) * share,
  from[2] + (to[2] - from[2]) * share,
];

/** Colour each pixel; the colour planes use the upper left pixel of four. For things that are drawn once. */
export function paint(picture: Picture, colourAt: (x: number, y: number) => Rgb): void {
  const { width, height } = picture;
  let colour = colourAt(0, 0);
  let [luma, u, v] = yuvOf(colour);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const next = colourAt(x, y);
      if (next !== colour) {
        colour = next;
        [luma, u, v] = yuvOf(colour);
      }
      picture.y[y * width + x] = Math.round(luma);
      if (x % 2 || y % 2) continue;
      const at = (y / 2) * (width / 2) + x / 2;
      picture.u[at] = Math.round(u);
      picture.v[at] = Math.round(v);
    }
  }
}

/** Lay a picture over another, opaque. */
export function stamp(tile: Picture, onto: Picture, left: number, top: number): void {
  copyRows(tile.y, tile.width, tile.height, onto.y, onto.width, left, top);
  for (const plane of ['u', 'v'] as const) {
    copyRows(tile[plane], tile.width / 2, tile.height / 2, onto[plane], onto.width / 2, left / 2, top / 2);
  }
}

function copyRows(
  from: Uint8Array,
  width: number,
  height: number,
  to: Uint8Array,
  stride: number,
  left: number,
  top: number,
): void {
  for (let row = 0; row < height; row++) {
    to.set(from.subarray(row * width, (row + 1) * width), (top + row) * stride + left);
  }
}

/** A shape as the share of a pixel that it covers, smooth at its edge; `distance` is negative inside. */
export const coverage = (distance: number): number => Math.min(1, Math.max(0, 0.5 - distance));
