import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Source } from '@topicast/contracts/http';
import { nginxRtmpUnavailable, startNginxRtmp } from '@topicast/test/nginx-rtmp';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { afterAll, describe, expect, it } from 'vitest';
import { FFMPEGS } from '../testing/film.js';
import { beeping, flashing } from '../testing/flashes-and-beeps.js';
import { httpServer } from '../testing/source-servers.js';
import { superviseStranger } from '../testing/supervised.js';
import { Watched } from '../testing/watched.js';

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const [ffmpeg] = FFMPEGS;
const isOld = ffmpeg!.libavformat < 59;
const WHY_SKIPPED = ' (skipped: this ffmpeg is too old to make all kinds, and to fill what stamps leave out)';
const at = (name: string): string => path.join(folder.path, name);
const run = (...words: string[]): unknown =>
  execFileSync(ffmpeg!.path, ['-v', 'error', '-y', '-nostdin', ...words], { cwd: folder.path });

/** Shorter than the numbers that flashes have; and not watched to its end. */
const FILM_S = 13;
const WATCHED_S = { file: 8, url: 10 } as const;
/** ffmpeg leaves 6.5 ms of what Opus encoders put in front. A beep is found to 1 ms. */
const MOST_APART_S = 0.02;
/** Where a recording begins again, the sound may be a frame of AAC early, until the time stamps have shown that they are right. */
const MOST_APART_AT_FIRST_S = 0.0214;
/** Pictures are repeated five times a second while there are none. */
const LONGEST_HOLE_S = { picture: 0.31, sound: 0.05 } as const;
/** On a busy machine; and what waited for ffmpeg to start is given up after some seconds. */
const MOST_LATE_S = { file: 1, url: 1.5 } as const;

const X264 = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -bf 0 -g 25'.split(' ');
const WITH_B_FRAMES = '-c:v libx264 -preset veryfast -pix_fmt yuv420p -bf 3 -b_strategy 0 -g 50'.split(' ');
const AAC = '-c:a aac -ac 2'.split(' ');
const AT_ONCE = '-muxdelay 0 -muxpreload 0'.split(' ');

function film(name: string, words: readonly string[], sampleRate = 48_000): string {
  run(...flashing(25), ...beeping(sampleRate), '-t', String(FILM_S), ...words, name);
  return name;
}

const HALVES = ['-force_key_frames', 'expr:gte(t,n_forced/2)'];
film('base.ts', [...X264, ...HALVES, ...AAC, ...AT_ONCE]);
film('other.ts', [...X264, ...HALVES, ...AAC, '-ar', '44100', ...AT_ONCE]);

/** A recording in MPEG-TS of several parts: from and to in the film, and by how much its stamps are moved. Seconds. */
function spliced(
  name: string,
  ...parts: (readonly [from: number, to: number, by: number, of?: string])[]
): string {
  const bytes = parts.map(([from, to, by, of = 'base.ts'], index) => {
    const part = `part${index}-${name}`;
    const moved = ['-c', 'copy', ...AT_ONCE, '-output_ts_offset', String(10 + from + by)];
    run('-ss', String(from), '-t', String(to - from), '-i', of, ...moved, part);
    return readFileSync(at(part));
  });
  writeFileSync(at(name), Buffer.concat(bytes));
  return name;
}

const WITHOUT = { middle: "'lt(t,1.5)+gt(t,6.9)'" } as const;
const PAUSED = [...X264, '-vf', `select=${WITHOUT.middle}`, '-vsync', 'vfr', ...AAC];
const VP8 = '-c:v libvpx -deadline realtime -cpu-used 8 -c:a libopus -ac 2'.split(' ');
const SURROUND = 'pan=7.1|FL=c0|FR=c0|FC=c0|LFE=c0|BL=c0|BR=c0|SL=c0|SR=c0';
const LATE_SOUND = ['-af', "aselect='gte(t,1)'"];
const EARLY = ['-output_ts_offset', String(2 ** 33 / 90_000 - 5.3)];
const KINDS: Record<string, () => string> = {
  MP4: () => film('plain.mp4', [...X264, ...AAC]),
  'WebM, VP8 and Opus': () => film('plain.webm', VP8),
  'Matroska, sound that begins 1 s late': () => film('late.mkv', [...X264, ...LATE_SOUND, ...AAC]),
  'MPEG-TS': () => film('plain.ts', [...X264, ...AAC]),
  'stamps that roll over': () => film('roll-over.ts', [...X264, ...AAC, ...EARLY]),
  'stamps that leap by a second': () => spliced('leap.ts', [0, 3.5, 0], [3.5, 13, 1]),
  'stamps that leap ahead by 11 s, and back': () =>
    spliced('leaps.ts', [0, 3.5, 0], [3.5, 6.5, 11], [6.5, 13, 0]),
  'sound whose rate changes': () => spliced('rate.ts', [0, 3.5, 0, 'other.ts'], [3.5, 13, 0]),
  // It has 48,240 samples a second, and says 48,000.
  'sound whose clock is half a percent fast': () =>
    film('fast.mkv', [...X264, '-af', 'asetrate=48000', ...AAC, '-bsf:a', 'setts=ts=TS/1.005'], 48_240),
  '8 kHz, one channel, PCM': () => film('8k.mkv', [...X264, '-c:a', 'pcm_s16le'], 8_000),
  '8 kHz, one channel, AAC': () => film('8k.mp4', [...X264, '-c:a', 'aac'], 8_000),
  'eight channels': () => film('7.1.mkv', [...X264, '-af', SURROUND, '-c:a', 'aac']),
  'AC-3': () => film('ac3.ts', [...X264, '-c:a', 'ac3', '-ac', '2']),
  MP2: () => film('mp2.ts', [...X264, '-c:a', 'mp2', '-ac', '2']),
  'sound that ends': () => film('ends.mp4', [...X264, '-af', 'atrim=end=4.5', ...AAC]),
  'sound that pauses': () => film('gap.mp4', [...X264, '-af', `aselect=${WITHOUT.middle}`, ...AAC]),
  'pictures that pause': () => film('pause.mp4', PAUSED),
  'B-frames': () => film('b-frames.mp4', [...WITH_B_FRAMES, ...AAC]),
  'B-frames, as they are': () => film('copied.ts', [...WITH_B_FRAMES, ...AAC]),
};

/** What is wrong with a stream of this source; in seconds. */
async function judged(
  source: Extract<Source, { kind: 'file' | 'url' }>,
  mediaDirs: readonly string[] = [],
  mostApart = MOST_APART_S,
): Promise<Record<string, unknown>> {
  const watched = new Watched();
  const options = { ffmpeg: ffmpeg!, mediaDirs, allowPrivateUrls: true, onChunk: watched.take };
  await using stranger = superviseStranger(source, options);
  await until('it is on air', async () => watched.arrivals.length > 0);
  await sleep(WATCHED_S[source.kind] * 1_000);
  const { holes, gained } = watched;
  const { restarts } = stranger.status();
  const [offsets, flashes] = await Promise.all([watched.lipSync(), watched.flashes()]);
  return {
    restarts,
    // What a splice or a copy begins with may be cut.
    apart: offsets.slice(1).filter((offset) => Math.abs(offset) > mostApart),
    isHeard: offsets.length > 2,
    // One after the other, from round to round.
    rounds: flashes
      .filter(({ number }, index) => number === 0 && index > 0)
      .map(({ at }) => at - flashes[0]!.at),
    picture: holes.picture > LONGEST_HOLE_S.picture ? holes.picture : 'whole',
    sound: holes.sound > LONGEST_HOLE_S.sound ? holes.sound : 'whole',
    pace: Math.abs(gained) > MOST_LATE_S[source.kind] ? gained : 'of the time',
  };
}

const RIGHT = {
  ...{ restarts: 0, apart: [], isHeard: true, rounds: [] as unknown[] },
  ...{ picture: 'whole', sound: 'whole', pace: 'of the time' },
};
const AT_A_TIME = 6;

it.skipIf(isOld)(
  `keeps sound and picture together, whatever a recording holds${isOld ? WHY_SKIPPED : ''}`,
  async () => {
    const results: Record<string, unknown> = {};
    const kinds = Object.entries(KINDS);
    for (let next = 0; next < kinds.length; next += AT_A_TIME) {
      await Promise.all(
        kinds.slice(next, next + AT_A_TIME).map(async ([name, prepare]) => {
          const source = { kind: 'file', path: at(prepare()), copy: name.includes('as they are') } as const;
          results[name] = await judged(source, [folder.path]);
        }),
      );
    }
    expect(results).toEqual(Object.fromEntries(kinds.map(([name]) => [name, RIGHT])));
  },
  200_000,
);

it('keeps them together when a recording begins again, whichever track is longer', async () => {
  const trimmed = (name: string, picture: number, sound: number): string =>
    film(name, [...X264, '-vf', `trim=end=${picture}`, '-af', `atrim=end=${sound}`, ...AAC]);
  const rounds: Record<string, readonly [seconds: number, file: string]> = {
    'the picture': [6.4, trimmed('long-picture.mp4', 6.4, 3.3)],
    'the sound': [6.4, trimmed('long-sound.mkv', 6.1, 6.4)],
    neither: [5.84, trimmed('even.ts', 5.84, 5.84)],
  };
  const results = await Promise.all(
    Object.entries(rounds).map(async ([name, [, file]]) => [
      name,
      await judged({ kind: 'file', path: at(file) }, [folder.path], MOST_APART_AT_FIRST_S),
    ]),
  );
  // A round is no shorter than its film, and longer by two frames of sound at most. The last picture stays until its end.
  const expected = Object.entries(rounds).map(([name, [seconds]]) => [
    name,
    {
      ...RIGHT,
      rounds: [expect.closeTo(seconds + 0.045, 1)],
      ...(name === 'the sound' && { picture: expect.closeTo(0.34, 1) }),
    },
  ]);
  expect(Object.fromEntries(results)).toEqual(Object.fromEntries(expected));
}, 100_000);

/** Sends a film as it would be made, once. */
function playing(name: string, ...words: string[]) {
  const sent = ['-re', '-i', at(name), '-c', 'copy', '-max_interleave_delta', '1', ...words];
  const child = spawn(ffmpeg!.path, ['-v', 'error', '-nostdin', ...sent], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return {
    output: child.stdout,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

describe('keeps them together in what is live', () => {
  it.concurrent.each([
    ['MPEG-TS', () => 'base.ts', {}],
    ['sound whose rate changes', () => spliced('live-rate.ts', [0, 3.5, 0, 'other.ts'], [3.5, 13, 0]), {}],
    // Nothing is repeated; but the sound goes on, and the picture comes back at its time.
    ['pictures that pause', () => film('live-pause.mp4', PAUSED), { picture: expect.closeTo(5.44, 1) }],
  ])('over HTTP, %s', async (_, prepare, change) => {
    const name = prepare();
    await using server = await httpServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'video/mp2t' });
      const player = playing(name, '-f', 'mpegts', 'pipe:1');
      player.output.pipe(response);
      response.once('close', () => void player[Symbol.asyncDispose]());
    });
    const source = { kind: 'url', url: `http://127.0.0.2:${server.port}/live` } as const;
    expect(await judged(source)).toEqual({ ...RIGHT, ...change });
  });

  describe.skipIf(nginxRtmpUnavailable)(
    `over RTMP${nginxRtmpUnavailable ? ` (skipped: ${nginxRtmpUnavailable})` : ''}`,
    () => {
      it.concurrent('as OBS sends it', async () => {
        await using server = await startNginxRtmp();
        const url = server.address('live', 'film');
        await using _player = playing('base.ts', '-bsf:a', 'aac_adtstoasc', '-f', 'flv', url);
        await sleep(300);
        expect(await judged({ kind: 'url', url })).toEqual(RIGHT);
      });
    },
  );
});
