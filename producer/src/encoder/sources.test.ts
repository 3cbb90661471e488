import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chunk } from '@topicast/media/mpegts';
import { MediaTimeline, SampleReader } from '@topicast/media/samples';
import { temporaryFolder } from '@topicast/test/temporary';
import { afterAll, expect, it } from 'vitest';
import { FFMPEGS } from '../testing/film.js';
import { superviseStranger } from '../testing/supervised.js';

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const [ffmpeg] = FFMPEGS;
const at = (name: string): string => path.join(folder.path, name);
const make = (...words: string[]): unknown =>
  execFileSync(ffmpeg!.path, ['-v', 'error', '-y', '-nostdin', ...words], { cwd: folder.path });

const INPUTS = '-f lavfi -i testsrc2=s=160x90:r=25:d=30 -f lavfi -i sine=f=440:r=48000:d=30'.split(' ');
const CODED = '-c:v libx264 -preset ultrafast -g 25 -bf 0 -pix_fmt yuv420p -c:a aac -ac 2'.split(' ');
const RECIPES: Record<string, readonly string[]> = {
  'sound that ends before the picture': ['-af', 'atrim=end=4'],
  'sound that pauses for four seconds': ['-af', "aselect='lt(t,3)+gt(t,7)'"],
  'pictures that pause for four seconds': ['-vf', "select='lt(t,3)+gt(t,7)'", '-vsync', 'vfr'],
  'a picture a second': ['-r', '1'],
  'a picture each four seconds': ['-r', '0.25'],
  'a picture each ten seconds, without sound': ['-r', '0.1', '-an'],
  'five pictures a second': ['-r', '5'],
};
const WATCHED_MS = 11_000;
/** On a busy machine. */
const MOST_LATE_S = 0.5;

interface Seen {
  readonly wall: number;
  /** Where the pictures are, and where the sound ends, in seconds. */
  readonly picture: number;
  readonly sound: number;
  /** The longest hole in each of them so far. */
  readonly pictureHole: number;
  readonly soundHole: number;
}

/** Plays a file as a stream for so long. */
async function watch(path: string): Promise<{ readonly seen: readonly Seen[]; readonly restarts: number }> {
  const reader = new SampleReader(new MediaTimeline());
  const seen: Seen[] = [];
  let now: Omit<Seen, 'wall'> = { picture: 0, sound: 0, pictureHole: 0, soundHole: 0 };
  const onChunk = (chunk: Chunk): void => {
    const { video, audio } = reader.push(chunk.data, chunk);
    for (const { placement } of video) {
      const picture = placement.presentation / 90_000;
      const pictureHole = Math.max(now.pictureHole, now.picture > 0 ? picture - now.picture : 0);
      now = { ...now, picture, pictureHole };
    }
    for (const { start, frames, config } of audio) {
      const from = start / config.sampleRate;
      const soundHole = Math.max(now.soundHole, now.sound > 0 ? from - now.sound : 0);
      const sound = from + frames.reduce((sum, { length }) => sum + length, 0) / config.sampleRate;
      now = { ...now, sound, soundHole };
    }
    seen.push({ wall: performance.now() / 1000, ...now });
  };
  const options = { ffmpeg: ffmpeg!, mediaDirs: [folder.path], onChunk };
  await using stranger = superviseStranger({ kind: 'file', path }, options);
  await sleep(WATCHED_MS);
  return { seen, restarts: stranger.status().restarts ?? 0 };
}

it('whatever a recording holds, both of its tracks go on, at the pace of the time', async () => {
  for (const [name, recipe] of Object.entries(RECIPES)) make(...INPUTS, ...CODED, ...recipe, `${name}.mp4`);
  const results = await Promise.all(
    Object.keys(RECIPES).map(async (name) => {
      const { seen, restarts } = await watch(at(`${name}.mp4`));
      const [first, last] = [seen[0]!, seen.at(-1)!];
      const passed = last.wall - first.wall;
      const isNear = (place: number) => Math.abs(place - passed) < MOST_LATE_S;
      const picture = isNear(last.picture - first.picture);
      const sound = name.includes('without') || isNear(last.sound);
      return [name, { restarts, picture, sound, isWhole: last.pictureHole < 0.3 && last.soundHole < 0.05 }];
    }),
  );
  const right = { restarts: 0, picture: true, sound: true, isWhole: true };
  expect(Object.fromEntries(results)).toEqual(
    Object.fromEntries(Object.keys(RECIPES).map((name) => [name, right])),
  );
}, 200_000);
