import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { footage } from '@topicast/test/footage';
import { temporaryFolder } from '@topicast/test/temporary';
import { afterAll, describe, expect, it } from 'vitest';
import { FFMPEGS } from '../testing/film.js';
import { encodePictures, lookAt, planFor } from '../testing/planned.js';
import { httpServer } from '../testing/source-servers.js';
import type { EncodingPlan } from './arguments.js';
import { startGuard } from './guard.js';
import type { EncoderInput } from './input.js';
import type { Probe } from './probe.js';

const folder = temporaryFolder();
const guard = startGuard();
afterAll(async () => {
  await guard.close();
  folder[Symbol.dispose]();
});

const at = (name: string): string => path.join(folder.path, name);
const [newest] = FFMPEGS;
const ffmpeg = (...args: string[]): Buffer =>
  execFileSync(newest!.path, ['-v', 'error', '-nostdin', '-y', ...args], {
    cwd: folder.path,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Twelve seconds of a film with sound. */
const base = at('base.mp4');
ffmpeg(
  ...['-stream_loop', '3', '-i', footage('tears-of-steel-clip.webm').path, '-t', '12', '-r', '24'],
  ...['-vf', 'scale=640:-2', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '48', '-bf', '0'],
  ...['-c:a', 'aac', '-ac', '2', base],
);

const DEFAULT_DURATION = Buffer.from([0x23, 0xe3, 0x83, 0x84]);

/** As a browser records: the time stamps have whole milliseconds and are a little uneven, and no rate is named. */
function recordedInBrowser(): string {
  const [named, file] = [at('named.webm'), at('recorded.webm')];
  const uneven = "settb=1/1000,setpts='floor(PTS)+mod(N*7,13)'";
  const vp8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '3M'];
  ffmpeg(
    '-i',
    base,
    '-vf',
    uneven,
    '-vsync',
    'passthrough',
    ...vp8,
    '-an',
    '-f',
    'webm',
    '-live',
    '1',
    named,
  );
  const bytes = readFileSync(named);
  const duration = bytes.indexOf(DEFAULT_DURATION);
  // A void element of the same length.
  if (duration > 0) bytes.fill(0, duration, duration + 8).set([0xec, 0x86], duration);
  writeFileSync(file, bytes);
  return file;
}

/** The sound is seven seconds ahead of the picture. */
function pictureComesLate(): string {
  const file = at('late.ts');
  ffmpeg('-i', base, '-itsoffset', '7', '-i', base, '-map', '0:a', '-map', '1:v', '-c', 'copy', file);
  return file;
}

const look = (input: EncoderInput, version = newest!): Promise<Probe> => lookAt(input, version, guard);

function encoded(input: EncoderInput, probe: Probe, change: Partial<EncodingPlan>, name: string): string {
  encodePictures({ ...planFor(input, probe, newest!).plan, ...change }, at(name), newest!);
  return at(name);
}

/** How like the source it is: 1 is the same. */
function similarity(file: string, source: string): number {
  const begin = '[0:v]setpts=PTS-STARTPTS[a];[1:v]setpts=PTS-STARTPTS,scale=640:-2,setsar=1[b]';
  const print = `${begin};[b][a]scale2ref[c][d];[d][c]ssim=f=-`;
  const lines = ffmpeg('-i', file, '-i', source, '-lavfi', print, '-t', '9', '-f', 'null', '-');
  const each = [...lines.toString().matchAll(/All:(\d\.\d+)/g)].map(([, value]) => Number(value));
  expect(each.length).toBeGreaterThan(100);
  return each.reduce((sum, value) => sum + value, 0) / each.length;
}

describe('the rate of the pictures', () => {
  it.each(FFMPEGS.map((version) => [version.version, version] as const))(
    'is measured, by ffmpeg %s',
    async (_, version) => {
      const probe = await look({ kind: 'file', path: base }, version);
      expect(probe).toMatchObject({
        video: 'h264',
        audio: [{ codec: 'aac' }],
        pictureTrack: 0,
        soundTrack: 0,
      });
      expect(probe.rate).toBeCloseTo(24, 1);
    },
  );

  it('gives a recording of a browser the quality that it has with its true rate', async () => {
    const file = recordedInBrowser();
    const input = { kind: 'file', path: file } as const;
    const probe = await look(input);
    expect(Math.abs(probe.rate! - 24)).toBeLessThan(1);
    const [ours, best] = [
      encoded(input, probe, {}, 'ours.ts'),
      encoded(input, probe, { rate: 24 }, 'best.ts'),
    ];
    const possible = similarity(best, file);
    expect(similarity(ours, file) / possible).toBeGreaterThan(0.98);
    // What milliseconds suggest.
    const guessed = encoded(input, probe, { rate: 1_000 }, 'guessed.ts');
    expect(similarity(guessed, file) / possible).toBeLessThan(0.98);
  });

  it('does not spoil a picture that comes after the look', async () => {
    const bytes = readFileSync(pictureComesLate());
    await using server = await httpServer((_request, response) => response.end(bytes));
    const url = `http://127.0.0.2:${server.port}/live`;
    const input = { kind: 'url', url, protocol: 'http', paced: false } as const;
    const probe = await look(input);
    expect(probe.video).toBe('h264');
    expect(probe).toMatchObject({ lacksPictures: false, lacksSound: false });
    // A recording is read on until it has come.
    const file = { kind: 'file', path: at('late.ts') } as const;
    const known = await look(file);
    expect(known.lacksPictures).toBe(false);
    expect(known.rate).toBeCloseTo(24, 1);
    for (const seen of [probe, known]) {
      const change = seen === probe ? { isEvened: false } : {};
      const [ours, best] = [
        encoded(file, seen, change, 'ours.ts'),
        encoded(file, known, { rate: 24, isEvened: false }, 'best.ts'),
      ];
      expect(similarity(ours, file.path) / similarity(best, file.path)).toBeGreaterThan(0.98);
    }
  });
});

describe('the tracks', () => {
  it('are those that are not empty, though ffmpeg knows nothing of the others', async () => {
    const tones = ['-f', 'lavfi', '-i', 'sine=f=300', '-f', 'lavfi', '-i', 'sine=f=900'];
    const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25', '-t', '4'];
    ffmpeg(
      ...tones,
      ...picture,
      '-map',
      '2',
      '-map',
      '0',
      '-map',
      '1',
      '-c:v',
      'libx264',
      '-c:a',
      'aac',
      'three.ts',
    );
    const without = (name: string, ...pids: number[]): EncoderInput => {
      const bytes = readFileSync(at('three.ts'));
      const packets = Array.from({ length: bytes.byteLength / 188 }, (_, n) =>
        bytes.subarray(n * 188, (n + 1) * 188),
      );
      const kept = packets.filter((packet) => !pids.includes(packet.readUInt16BE(1) & 0x1fff));
      writeFileSync(at(name), Buffer.concat(kept));
      return { kind: 'file', path: at(name) };
    };
    const plan = async (input: EncoderInput) => planFor(input, await look(input), newest!).plan;
    expect(await plan(without('first.ts', 0x101))).toMatchObject({
      pictureTrack: 0,
      soundTrack: 1,
      rate: 25,
    });
    expect(await plan(without('silent.ts', 0x101, 0x102))).toMatchObject({
      pictureTrack: 0,
      soundTrack: 'none',
    });
    expect(await plan(without('blind.ts', 0x100))).toMatchObject({ pictureTrack: 'none', soundTrack: 0 });
  });

  it('are those of one programme', async () => {
    const tones = ['-f', 'lavfi', '-i', 'sine=f=300', '-f', 'lavfi', '-i', 'sine=f=900'];
    const pictures = [
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=320x180:r=25',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=640x360:r=25',
    ];
    ffmpeg(
      ...[...tones, ...pictures, '-t', '4', '-map', '0', '-map', '1', '-map', '2', '-map', '3'],
      ...['-program', 'title=one:st=1:st=2', '-program', 'title=two:st=0:st=3'],
      ...['-c:v', 'libx264', '-c:a:0', 'aac', '-c:a:1', 'mp2', 'two.ts'],
    );
    const probe = await look({ kind: 'file', path: at('two.ts') });
    // Whichever picture comes first, its own sound goes with it.
    const own = probe.picture?.height === 180 ? 'mp2' : 'aac';
    expect(probe.audio[probe.soundTrack]?.codec).toBe(own);
  });
});
