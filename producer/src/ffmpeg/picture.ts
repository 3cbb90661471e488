/** What a picture looks like, and what has to be done so that browsers show it as it is meant. */

/** A picture track, as ffmpeg describes it. */
export interface Picture {
  /** Pixels of the picture as it is shown. */
  readonly width: number;
  readonly height: number;
  /** Width of a pixel by its height, as it is shown. */
  readonly pixelAspect: number;
  /** The container says that players must turn it. */
  readonly isTurned: boolean;
  /** It consists of fields: every second line is of another moment. */
  readonly isInterlaced: boolean;
  /** Of its pixels, in ffmpeg's words; undefined if unknown. */
  readonly pixels: string | undefined;
  readonly colours: Colours;
}

/** In ffmpeg's words, which are x264's too (ITU-T H.273 8.1 to 8.3); undefined: not said. */
export interface Colours {
  readonly matrix: string | undefined;
  readonly primaries: string | undefined;
  readonly transfer: string | undefined;
}

/** What browsers show all over the world. */
export const BT709: Colours = { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709' };
/** Any others are damage. */
export const PIXEL_ASPECTS = { least: 0.1, most: 10 } as const;
/** More lines were never meant for BT.601. */
const MOST_SD_LINES = 576;

const TRANSFERS_OF_HDR = ['smpte2084', 'arib-std-b67'] as const;
export type Hdr = (typeof TRANSFERS_OF_HDR)[number];

/** What we hand on; anything else is as good as unknown. */
const NAMES: Readonly<Record<keyof Colours, readonly string[]>> = {
  matrix: ['bt709', 'fcc', 'bt470bg', 'smpte170m', 'smpte240m', 'bt2020nc'],
  primaries: ['bt709', 'bt470m', 'bt470bg', 'smpte170m', 'smpte240m', 'film', 'bt2020', 'smpte432'],
  transfer: [
    ...['bt709', 'bt470m', 'bt470bg', 'smpte170m', 'smpte240m', 'linear'],
    ...['iec61966-2-1', 'bt2020-10', 'bt2020-12', ...TRANSFERS_OF_HDR],
  ],
};

/**
 * @param line ffmpeg's about the track
 * @param beside its lines about what goes with the track, such as a rotation
 * @returns undefined if nothing of it has come, so that ffmpeg knows no size
 */
export function readPicture(line: string, beside: readonly string[]): Picture | undefined {
  const [, columns, lines] = /, ([1-9]\d{1,4})x([1-9]\d{1,4})\b/.exec(line) ?? [];
  if (!columns || !lines) return undefined;
  const [, pixels, details = ''] =
    /, ([a-z0-9]{3,16})(?:\(((?:[^()]|\([a-z ]{1,20}\)){1,100})\))?, \d{2,5}x/.exec(line) ?? [];
  // The container's word counts more than the codec's, and stands behind it.
  const aspect = [...line.matchAll(/\bSAR (\d{1,9}):(\d{1,9})/g)].at(-1);
  const ratio = aspect ? Number(aspect[1]) / Number(aspect[2]) : 1;
  const degrees = turnedBy(beside);
  const stands = Math.abs(degrees % 180) > 45 && Math.abs(degrees % 180) < 135;
  const size = [Number(columns), Number(lines)] as const;
  const [width, height] = stands ? [size[1], size[0]] : size;
  const isSensible = Number.isFinite(ratio) && ratio > PIXEL_ASPECTS.least && ratio < PIXEL_ASPECTS.most;
  return {
    ...{ width, height, pixels },
    pixelAspect: !isSensible ? 1 : stands ? 1 / ratio : ratio,
    isTurned: degrees !== 0,
    isInterlaced: /\b(?:top|bottom) (?:coded )?first/.test(details),
    colours: readColours(details),
  };
}

function turnedBy(beside: readonly string[]): number {
  const turns = beside.map((line) => /display ?matrix: rotation of (-?\d{1,3})/i.exec(line)?.[1]);
  return Number(turns.find((turn) => turn !== undefined) ?? 0);
}

/** `tv, bt2020nc/bt2020/smpte2084, progressive`; one word if all three are the same. */
function readColours(details: string): Colours {
  const words = details.split(', ');
  const three = words.find((word) => word.includes('/'))?.split('/');
  const one = words.find((word) => NAMES.matrix.includes(word));
  const [matrix, primaries, transfer] = three ?? [one, one, one];
  const known = (kind: keyof Colours, name: string | undefined): string | undefined =>
    name !== undefined && NAMES[kind].includes(name) ? name : undefined;
  return {
    matrix: known('matrix', matrix),
    primaries: known('primaries', primaries),
    transfer: known('transfer', transfer),
  };
}

/** Its brightness goes beyond what other screens show; undefined: it does not. */
export const hdrOf = ({ colours }: Picture): Hdr | undefined =>
  TRANSFERS_OF_HDR.find((transfer) => transfer === colours.transfer);

/** Has no matrix of its own: screens and drawings. */
export const isRgb = ({ pixels = '' }: Picture): boolean =>
  /^(?:gbr|rgb|bgr|argb|abgr|0rgb|0bgr|pal8)/.test(pixels);

/** Said or not; browsers guess less well from a smaller rendition of it. */
export function coloursOf(picture: Picture): Colours {
  if (isRgb(picture)) return BT709;
  const { colours, height } = picture;
  if (colours.matrix !== undefined) return colours;
  return { ...colours, matrix: height > MOST_SD_LINES ? 'bt709' : 'smpte170m' };
}

const BROWSERS_DECODE: Readonly<Record<string, RegExp>> = {
  h264: /^yuvj?420p$/,
  hevc: /^yuvj?420p(?:10le)?$/,
};

/** Why it cannot be sent as it is, for the streamer; undefined: it can. */
export function obstacleToCopy(
  codec: string,
  { isTurned, isInterlaced, pixels }: Picture,
): string | undefined {
  if (isTurned) return 'The picture is turned by its container, which a stream cannot say';
  if (isInterlaced) return 'The picture is interlaced, which browsers show as combs';
  if (pixels !== undefined && BROWSERS_DECODE[codec]?.test(pixels) === false)
    return `The pixels of the picture (${pixels}) are none that browsers decode`;
  return undefined;
}
