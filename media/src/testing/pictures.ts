import { nalUnits } from '../codec/nal.js';
import { elementaryStream } from './transport-stream.js';

/** Pictures a second. */
export const RATE = 30;

const DELIMITER = 9;

/** The NAL units of each picture of a film made by a real ffmpeg, with a keyframe each second. @param source of lavfi */
export function picturesOf(source: string, seconds: number): Uint8Array[][] {
  const codec = '-c:v libx264 -preset ultrafast -tune zerolatency -x264-params aud=1:slices=1 -g 30 -bf 0';
  const out: Uint8Array[][] = [];
  for (const nal of nalUnits(
    elementaryStream(`-f lavfi -i ${source} -t ${seconds} ${codec} -pix_fmt yuv420p`),
  )) {
    if ((nal[0]! & 0x1f) === DELIMITER) out.push([]);
    out.at(-1)!.push(nal);
  }
  return out;
}
