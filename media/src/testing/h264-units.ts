/** NAL units for access units made by hand; the parameter sets and slices are x264's, 64x64, one colour. */
export const SPS = hex('67 42 c0 0a da 10 9b 01 10 00 00 03 00 10 00 00 03 03 c8 f1 22 6a');
export const PPS = hex('68 ce 0f c8');
export const OTHER_PPS = hex('68 ce 3c 80');
export const DELIMITER = hex('09 f0');
export const IDR_SLICE = hex('65 88 84 3a 26 28 00 09 02 c9 c9 c9 d7 5d 75 d7 5d 75 d7 5d 75 e0');
export const SLICE = hex('41 9a 20 36 82 30');

/** Annex B. */
export const accessUnit = (...nals: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(nals.flatMap((nal) => [0, 0, 0, 1, ...nal]));

export const keyframe = (pps = PPS): Uint8Array => accessUnit(SPS, pps, IDR_SLICE);

export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.split(' '), (byte) => Number.parseInt(byte, 16));
}
