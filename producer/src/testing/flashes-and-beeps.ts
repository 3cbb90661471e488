import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { FFMPEGS } from './film.js';

/** How many seconds are told apart. */
const NUMBERS = 16;
const BITS = 4;
const BEEP = { seconds: 0.08, lowestHz: 600, stepHz: 150 } as const;
/** Bars of a picture: a mark, then the bits of its number. */
const BARS = 8;
const BAR_COLUMNS = 20;
const LINES = 90;
const BRIGHT = 120;
/** Decoded sound, for measuring. */
const MEASURED_HZ = 48_000;
const BLOCK_SECONDS = 0.001;
/** No more than one beep within this time. */
const APART_SECONDS = 0.25;

/** Once a second, one picture is white and a beep begins with it. Both say which second it is. */
export interface Event {
  /** The second of the film, from 0 to 15 and over again. */
  readonly number: number;
  /** In seconds. */
  readonly at: number;
}

/** ffmpeg's words for a picture of 160 by 90 that flashes. @param rate a whole number */
export function flashing(rate: number): string[] {
  const now = `t+${0.1 / rate}`;
  const isFlash = `lt(mod(${now},1),${0.9 / rate})`;
  const isOn = (bit: number): string => `mod(floor(floor(${now})/${2 ** bit}),2)`;
  const bar = (place: number, when: string): string =>
    `drawbox=x=${place * BAR_COLUMNS}:w=${BAR_COLUMNS}:y=0:h=${LINES}:c=white:t=fill:enable='${when}'`;
  const bits = Array.from({ length: BITS }, (_, bit) => bar(bit + 1, `${isFlash}*${isOn(bit)}`));
  const size = `${BARS * BAR_COLUMNS}x${LINES}`;
  return ['-f', 'lavfi', '-i', [`color=c=black:s=${size}:r=${rate}`, bar(0, isFlash), ...bits].join(',')];
}

/** ffmpeg's words for sound that beeps with it. */
export const beeping = (sampleRate = 48_000): string[] => [
  ...['-f', 'lavfi', '-i'],
  `aevalsrc='0.5*sin(2*PI*t*(${BEEP.lowestHz}+${BEEP.stepHz}*mod(floor(t),${NUMBERS})))*lt(mod(t,1),${BEEP.seconds})':s=${sampleRate}`,
];

/**
 * The flashes in these pictures.
 * @param pictures a stream of H.264, Annex B
 * @param times of each picture, in the order in which they are shown
 */
export async function flashesIn(pictures: Uint8Array, times: readonly number[]): Promise<Event[]> {
  const bars = await decoded(pictures, [
    ...['-f', 'h264', '-i', 'pipe:0', '-vsync', 'passthrough'],
    ...['-vf', `scale=${BARS}:1:flags=area,format=gray`, '-f', 'rawvideo'],
  ]);
  if (bars.length !== times.length * BARS)
    throw new Error(`${bars.length / BARS} of ${times.length} pictures could be decoded`);
  return times.flatMap((at, index) => {
    const [mark, ...bits] = [...bars.subarray(index * BARS, (index + 1) * BARS)].map((luma) => luma > BRIGHT);
    const isFirst = mark && !(index > 0 && bars[(index - 1) * BARS]! > BRIGHT);
    const number = bits.slice(0, BITS).reduce((sum, isOn, bit) => sum + (isOn ? 2 ** bit : 0), 0);
    return isFirst ? [{ number, at }] : [];
  });
}

/**
 * The beeps in this sound.
 * @param sound frames of AAC with ADTS headers
 * @param begin when it begins, in seconds
 */
export async function beepsIn(sound: Uint8Array, begin: number): Promise<Event[]> {
  const bytes = await decoded(sound, [
    ...['-f', 'aac', '-i', 'pipe:0', '-ac', '1', '-ar', String(MEASURED_HZ), '-f', 'f32le'],
  ]);
  const samples = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  const block = MEASURED_HZ * BLOCK_SECONDS;
  const levels = Array.from({ length: Math.floor(samples.length / block) }, (_, index) =>
    samples
      .subarray(index * block, (index + 1) * block)
      .reduce((most, one) => Math.max(most, Math.abs(one)), 0),
  );
  const events: Event[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const [index, level] of levels.entries()) {
    const at = index * BLOCK_SECONDS;
    if (level < 0.2) continue;
    if (at - last > APART_SECONDS) {
      const tone = samples.subarray((index + 15) * block, (index + 65) * block);
      events.push({ number: Math.round((pitch(tone) - BEEP.lowestHz) / BEEP.stepHz), at: begin + at });
    }
    last = at;
  }
  return events;
}

/** Hz, by how often it changes its sign. */
function pitch(tone: Float32Array): number {
  const signs = [...tone].map((sample) => sample > 0);
  const changes = signs.slice(1).flatMap((sign, index) => (sign === signs[index] ? [] : [index]));
  const [first, last] = [changes[0], changes.at(-1)];
  if (first === undefined || last === undefined || last === first) return 0;
  return ((changes.length - 1) / 2 / (last - first)) * MEASURED_HZ;
}

async function decoded(bytes: Uint8Array, words: readonly string[]): Promise<Buffer> {
  const running = promisify(execFile)(FFMPEGS[0]!.path, ['-v', 'error', '-nostdin', ...words, 'pipe:1'], {
    encoding: 'buffer',
    maxBuffer: 1 << 28,
  });
  running.child.stdin!.on('error', () => undefined).end(bytes);
  return (await running).stdout;
}
