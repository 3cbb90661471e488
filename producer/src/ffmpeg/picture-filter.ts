import { type Colours, type Hdr, isRgb, PIXEL_ASPECTS, type Picture } from './picture.js';

/** How a picture that was looked at is shown. */
export interface Shown {
  readonly picture: Picture;
  /** Of what is encoded. */
  readonly colours: Colours;
  /** It is brought down from this to what all screens show. */
  readonly hdr: Hdr | undefined;
}

interface FilterOptions {
  readonly maxHeight: number;
  /** Absent: the picture is not known. */
  readonly shown: Shown | undefined;
  readonly isProgressive: boolean;
  /** Pictures a second, if they are made constant. */
  readonly rate: number | undefined;
  /** Pictures that come faster are left out; absent: none. */
  readonly mostRate?: number | undefined;
  /** Where the pictures pause, the last one is repeated. */
  readonly fillsPauses?: boolean | undefined;
}

/** Nobody sees 1 % of width, but everybody sees how scaling by 1 % blurs the picture. */
const SAME_ASPECT = 0.01;
/** Of shapes: a change from 1080 lines to 1088 needs no bars. */
const SAME_SHAPE = 0.03;
/** Browsers decode no wider pictures everywhere. */
const MOST_COLUMNS = 4_096;
/** White of other pictures in one of HDR, in cd/m² (ITU-R BT.2408 2.2). */
const REFERENCE_WHITE = 203;

/**
 * Square pixels, even sides, no interlacing combs, no more lines than allowed, and one size for ever: an encoder keeps its
 * own, so a picture of another shape, such as of a phone that was turned, gets bars. The filter against combs gives each
 * picture when the next one has come.
 */
export function pictureFilter(options: FilterOptions): string {
  const { maxHeight, shown, isProgressive, rate, mostRate, fillsPauses } = options;
  return [
    ...(isProgressive ? [] : ['yadif=deint=interlaced']),
    ...(mostRate === undefined ? [] : [leaveOutAbove(mostRate)]),
    ...(shown ? intoBox(shown, maxHeight) : [scale(...ofItsOwn(maxHeight))]),
    'setsar=1',
    ...(rate === undefined ? [] : [`fps=${rate}`]),
    ...(fillsPauses ? [REPEATED_IN_PAUSES] : []),
  ].join(',');
}

/**
 * The filter `fps` would move every picture to its grid. So that gives five pictures a second beside the others; they get
 * odd times, the others even ones, and of the odd ones only those stay that come after a pause. Microseconds are what
 * `interleave` counts in.
 */
const REPEATED_IN_PAUSES = [
  'settb=1/1000000,split[all][some]',
  '[some]fps=5,settb=1/1000000,setpts=2*floor(PTS/2)+1[odd]',
  '[all]setpts=2*floor(PTS/2)[even]',
  "[even][odd]interleave,select='not(mod(pts\\,2))+gte(t-prev_t\\,0.1)'",
].join(';');

/**
 * The filter `fps` would move pictures and repeat some. This one keeps a picture if it is due (variable 0), or the clock
 * has jumped; the next one is due a period later, counted from when this one was due, so that 50 become 30 and not 25.
 * Pictures that come a quarter of a period early are on time.
 */
function leaveOutAbove(rate: number): string {
  const [period, early] = [(1 / rate).toFixed(6), (0.25 / rate).toFixed(6)];
  const isDue = `gte(t,ld(0)-${early})+lt(t,ld(0)-2*${period})+isnan(t)`;
  const next = `if(lt(abs(t-ld(0)),${period}),ld(0),t)+${period}`;
  return `select='if(${isDue},1+0*st(0,${next}),0)'`;
}

/** What x264 writes into the stream about the colours: not all versions of ffmpeg tell it. */
export const colourParameters = ({ colours }: Shown): string[] =>
  [
    colours.matrix && `colormatrix=${colours.matrix}`,
    colours.primaries && `colorprim=${colours.primaries}`,
    colours.transfer && `transfer=${colours.transfer}`,
  ].filter((parameter) => parameter !== undefined);

const scale = (width: string, height: string, ...more: string[]): string =>
  [`scale=w=${width}`, `h=${height}`, 'flags=bilinear', ...more].join(':');

const isUsual = `lt(abs(sar-1)\\,${SAME_ASPECT})`;
const isDamaged = `lte(sar\\,${PIXEL_ASPECTS.least})+gte(sar\\,${PIXEL_ASPECTS.most})`;
const square = `if(${isUsual}+${isDamaged}\\,1\\,sar)`;

function ofItsOwn(maxHeight: number): [width: string, height: string] {
  const factor = `min(1\\,${maxHeight}/ih)`;
  return [`trunc(iw*${square}*${factor}/2)*2`, `trunc(ih*${factor}/2)*2`];
}

function intoBox({ picture, hdr }: Shown, maxHeight: number): string[] {
  const [width, height] = boxOf(picture, maxHeight);
  const box = width / height;
  const shape = `iw*${square}/ih`;
  const fit = (side: number, inside: string): string =>
    `if(lt(abs(${shape}/${box.toFixed(5)}-1)\\,${SAME_SHAPE})\\,${side}\\,max(2\\,trunc(min(${side}\\,${inside})/2)*2))`;
  return [
    scale(
      fit(width, `${height}*${shape}`),
      fit(height, `${width}/(${shape})`),
      ...(isRgb(picture) ? ['out_color_matrix=bt709'] : []),
      'out_range=tv',
    ),
    ...(hdr ? toneMap(hdr) : []),
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`,
  ];
}

/** What the first picture needs, without being enlarged. */
export function boxOf(
  { width, height, pixelAspect }: Picture,
  maxHeight: number,
): [width: number, height: number] {
  const stretch = Math.abs(pixelAspect - 1) < SAME_ASPECT ? 1 : pixelAspect;
  const factor = Math.min(1, maxHeight / height, MOST_COLUMNS / (width * stretch));
  const even = (side: number): number => Math.max(2, Math.trunc(side / 2) * 2);
  return [even(width * stretch * factor), even(height * factor)];
}

/**
 * In linear light, with the white of other pictures where it belongs; what is brighter is compressed. Everything is named:
 * the source may tell its transfer alone.
 */
const toneMap = (transfer: Hdr): string[] => [
  `zscale=tin=${transfer}:pin=bt2020:min=bt2020nc:rin=tv:t=linear:p=bt709:m=gbr:npl=${REFERENCE_WHITE}`,
  'format=gbrpf32le',
  'tonemap=mobius:param=0.6:desat=0',
  'zscale=tin=linear:pin=bt709:t=bt709:p=bt709:m=bt709:r=tv',
  'format=yuv420p',
];
