import { type BitsPerSecond, bitsPerSecond } from '@topicast/contracts/units';

/** What a streamer can choose: lines, at most, and the bits a second that suit them. */
export const SIZES = [
  { height: 360, bitrate: bitsPerSecond(900_000) },
  { height: 720, bitrate: bitsPerSecond(2_500_000) },
  { height: 1080, bitrate: bitsPerSecond(4_500_000) },
] as const satisfies readonly { height: number; bitrate: BitsPerSecond }[];

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** The size in which a picture is sent: no larger than it is, of an even size, as 4:2:0 wants it. */
export function sentSize({ width, height }: PictureSize, maxHeight: number): PictureSize {
  // A phone held upright has its short side across.
  const scale = Math.min(1, maxHeight / Math.min(width, height));
  const even = (length: number): number => Math.max(2, Math.round((length * scale) / 2) * 2);
  return { width: even(width), height: even(height) };
}

/** H.264 table A-1: the level, its macroblocks a second, and those of a picture. */
const LEVELS = [
  [0x1e, 40_500, 1_620],
  [0x1f, 108_000, 3_600],
  [0x20, 216_000, 5_120],
  [0x28, 245_760, 8_192],
  [0x2a, 522_240, 8_704],
  [0x33, 983_040, 36_864],
] as const;
/** Constrained Baseline first: a decoder knows from the profile that no picture waits for another one. */
const PROFILES = ['42e0', '4d00', '6400'] as const;

/** Names for the encoder (RFC 6381), to be tried in this order. */
export function codecNames({ width, height }: PictureSize, frameRate: number): string[] {
  const blocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  const [level] =
    LEVELS.find(([, perSecond, perPicture]) => blocks <= perPicture && blocks * frameRate <= perSecond) ??
    LEVELS.at(-1)!;
  return PROFILES.map((profile) => `avc1.${profile}${level.toString(16)}`);
}
