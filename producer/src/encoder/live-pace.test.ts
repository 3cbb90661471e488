import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { afterAll, expect, it } from 'vitest';
import { FFMPEGS } from '../testing/film.js';
import { httpServer } from '../testing/source-servers.js';
import { superviseStranger } from '../testing/supervised.js';

const folder = temporaryFolder();
const children = new Set<ReturnType<typeof spawn>>();
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  folder[Symbol.dispose]();
});

const [ffmpeg] = FFMPEGS;
const PICTURES = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25'];
const TONE = ['-f', 'lavfi', '-i', 'sine=f=440:r=48000'];
const X264 =
  '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 100 -sc_threshold 0 -c:a aac';
const LIVE = ['-re', ...PICTURES, '-re', ...TONE, ...X264.split(' ')];

function start(...words: string[]): ReturnType<typeof spawn> {
  const child = spawn(ffmpeg!.path, ['-v', 'error', '-nostdin', ...words], {
    cwd: folder.path,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  return child;
}
const make = (...words: string[]): unknown =>
  execFileSync(ffmpeg!.path, ['-v', 'error', '-nostdin', '-y', ...words], { cwd: folder.path });

/** Live HLS, as servers have it. @returns its playlist */
async function liveHls(name: string, ...segments: string[]): Promise<string> {
  const list = `${name}.m3u8`;
  const kept = ['-hls_time', '4', '-hls_list_size', '5', '-hls_flags', 'delete_segments'];
  start(
    ...LIVE,
    '-f',
    'hls',
    ...kept,
    ...segments,
    '-hls_segment_filename',
    `${name}%d.${segments[2] ? 'seg' : 'ts'}`,
    list,
  );
  const file = path.join(folder.path, list);
  await until('there are segments', async () => readFileSync(file, 'utf8').split('#EXTINF').length > 4);
  return list;
}

/** What stands at the address; and how many pictures a second it has. */
const SOURCES: Record<string, readonly [rate: number, prepare: () => Promise<string> | string]> = {
  'live HLS of MPEG-TS': [25, () => liveHls('ts', '-hls_segment_type', 'mpegts')],
  'live HLS of fragmented MP4, whose segments have odd names': [
    25,
    () => liveHls('mp4', '-hls_segment_type', 'fmp4', '-hls_fmp4_init_filename', 'init.seg'),
  ],
  'a recording in MPEG-TS, of unknown length': [
    25,
    () => {
      make(...PICTURES, ...TONE, ...X264.split(' '), '-t', '60', 'recording.ts');
      return 'recording.ts';
    },
  ],
  'a recording of a browser, of unknown length': [
    25,
    () => {
      const vp8 = '-c:v libvpx -deadline realtime -cpu-used 8 -c:a libopus -f webm -live 1'.split(' ');
      make(...PICTURES, ...TONE, '-t', '60', ...vp8, 'recording.webm');
      return 'recording.webm';
    },
  ],
  'a camera that sends five JPEG pictures a second': [5, () => 'camera'],
};

function answer(name: string, response: ServerResponse): void {
  if (name === 'camera') {
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace;boundary=ffmpeg' });
    const slow = ['-re', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=5', '-c:v', 'mjpeg'];
    const camera = start(...slow, '-f', 'mpjpeg', 'pipe:1');
    camera.stdout!.pipe(response);
    response.once('close', () => camera.kill('SIGKILL'));
    return;
  }
  const file = path.join(folder.path, name);
  if (!existsSync(file)) response.writeHead(404).end();
  else createReadStream(file).pipe(response);
}

const WATCHED_MS = 24_000;
/** Until the first gap has taught what the source needs. */
const LEARNED_MS = 12_000;
/** On a busy machine. */
const MOST_LATE_MS = 700;

it('whatever comes over HTTP plays evenly, at the pace of the time', async () => {
  await using server = await httpServer((request, response) =>
    answer((request.url ?? '').slice(1).replace(/\?.*/, ''), response),
  );
  const results = await Promise.all(
    Object.entries(SOURCES).map(async ([name, [rate, prepare]]) => {
      const seen: { readonly wall: number; readonly time: number }[] = [];
      const url = `http://127.0.0.2:${server.port}/${await prepare()}`;
      const onChunk = ({ audioOnly, decodeTime }: { audioOnly: boolean; decodeTime: number }): void => {
        if (!audioOnly) seen.push({ wall: performance.now(), time: decodeTime / 90 });
      };
      const options = { ffmpeg: ffmpeg!, allowPrivateUrls: true, onChunk };
      await using stranger = superviseStranger({ kind: 'url', url }, options);
      await until('it is live', async () => stranger.status().state === 'live');
      await sleep(WATCHED_MS);
      const learned = seen.filter(({ wall }) => wall > seen[0]!.wall + LEARNED_MS);
      const late = learned.map(({ wall, time }) => wall - time);
      const pauses = learned.slice(1).map(({ wall }, n) => wall - learned[n]!.wall);
      const expected = ((WATCHED_MS - LEARNED_MS) / 1_000) * rate;
      return [
        name,
        {
          restarts: stranger.status().restarts,
          atThePaceOfTheTime: Math.max(...late) - Math.min(...late) < MOST_LATE_MS,
          withoutPauses: Math.max(...pauses) < 1_000 / rate + MOST_LATE_MS,
          complete: learned.length > 0.9 * expected && learned.length < 1.1 * expected,
        },
      ] as const;
    }),
  );
  const right = { restarts: 0, atThePaceOfTheTime: true, withoutPauses: true, complete: true };
  expect(Object.fromEntries(results)).toEqual(
    Object.fromEntries(Object.keys(SOURCES).map((name) => [name, right])),
  );
}, 200_000);
