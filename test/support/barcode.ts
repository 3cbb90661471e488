/**
 * The wall clock is drawn into the picture and read back from the screen: one row of black and white blocks, first 32
 * bits of milliseconds, then a 16-bit frame counter, then an 8-bit weighted checksum.
 */
export const BLOCK_PIXELS = 16;
/** Of the pictures in which a block has that many pixels; in smaller renditions it has fewer. */
export const PICTURE_WIDTH = 1280;
const TIME_BITS = 32;
const COUNTER_BITS = 16;
const CHECK_BITS = 8;
export const BLOCKS = TIME_BITS + COUNTER_BITS + CHECK_BITS;

/** Luma of limited-range video. */
const BLACK = 16;
const WHITE = 235;

/** The bits of a code, 56 of them. @param time milliseconds, of which the low 32 bits are kept. */
export function encodeBarcode(time: number, counter: number): number[] {
  const bits = [
    ...binary(time % 2 ** TIME_BITS, TIME_BITS),
    ...binary(counter % 2 ** COUNTER_BITS, COUNTER_BITS),
  ];
  return [...bits, ...binary(checksum(bits), CHECK_BITS)];
}

/** The code in a row of 56 grey values (0 to 255), or undefined if its checksum is wrong. */
export function decodeBarcode(greys: ArrayLike<number>): { time: number; counter: number } | undefined {
  const bits = Array.from({ length: BLOCKS }, (_, i) => (greys[i]! > 127 ? 1 : 0));
  const payload = bits.slice(0, TIME_BITS + COUNTER_BITS);
  if (checksum(payload) !== number(bits.slice(TIME_BITS + COUNTER_BITS))) return undefined;
  return { time: number(bits.slice(0, TIME_BITS)), counter: number(payload.slice(TIME_BITS)) };
}

/** How long ago a code was drawn, in milliseconds; correct across the 32-bit rollover. */
export function ageOf(code: { time: number }, now: number): number {
  const age = (now - code.time) % 2 ** TIME_BITS;
  return age > 2 ** 31 ? age - 2 ** TIME_BITS : age < -(2 ** 31) ? age + 2 ** TIME_BITS : age;
}

/** Draw a code into the top left corner of a luma plane. */
export function drawBarcode(luma: Uint8Array, width: number, time: number, counter: number): void {
  const row = luma.subarray(0, BLOCKS * BLOCK_PIXELS);
  encodeBarcode(time, counter).forEach((bit, i) => {
    row.fill(bit ? WHITE : BLACK, i * BLOCK_PIXELS, (i + 1) * BLOCK_PIXELS);
  });
  for (let line = 1; line < BLOCK_PIXELS; line++) luma.set(row, line * width);
}

const binary = (value: number, bits: number): number[] =>
  Array.from({ length: bits }, (_, i) => Math.floor(value / 2 ** (bits - 1 - i)) % 2);
const number = (bits: readonly number[]): number => bits.reduce((sum, bit) => sum * 2 + bit, 0);
const checksum = (bits: readonly number[]): number =>
  bits.reduce((sum, bit, i) => (sum + bit * (i * 7 + 1)) % 2 ** CHECK_BITS, 0x5a);
