import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  ENCODING_LIMITS,
  ENCODING_PRESETS,
  type Encoding,
  VIDEO_ENCODERS,
} from '@topicast/contracts/encoding';
import { encoding as encodingSchema } from '@topicast/contracts/http';
import { bitsPerSecond, ticks90k } from '@topicast/contracts/units';
import { Chunker } from '@topicast/media/mpegts';
import { chunksOfFile } from '@topicast/test/replay-source';
import { temporaryFolder } from '@topicast/test/temporary';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EncodingSettings } from '../config.js';
import { FFMPEGS } from '../testing/film.js';
import { lookAt } from '../testing/planned.js';
import { type EncodingPlan, ffmpegArguments } from './arguments.js';
import { type ProcessGuard, startGuard } from './guard.js';
import { planEncoding } from './plan.js';

const SETTINGS: EncodingSettings = {
  ...{ preset: 'ultrafast', maxHeight: 720, maxVideoBitrate: bitsPerSecond(2_000_000) },
  soundCodec: 'aac',
};
const SECONDS = 3;

const folder = temporaryFolder();
const film = path.join(folder.path, 'film.mkv');
let guard: ProcessGuard;

beforeAll(() => {
  guard = startGuard();
  execFileSync(FFMPEGS[0]!.path, [
    ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=480x270:rate=30:duration=${SECONDS}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${SECONDS}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-c:a', 'flac', film],
  ]);
});
afterAll(async () => {
  await guard.close();
  folder[Symbol.dispose]();
});

/** A value for every field, or none. */
const someEncoding: fc.Arbitrary<Encoding> = fc.record(
  {
    preset: fc.constantFrom(...ENCODING_PRESETS),
    height: fc.integer({ min: ENCODING_LIMITS.height.least, max: ENCODING_LIMITS.height.most }),
    frameRate: fc.integer({ min: ENCODING_LIMITS.frameRate.least, max: ENCODING_LIMITS.frameRate.most }),
    kbit: fc.double({ ...range(ENCODING_LIMITS.kbit), noNaN: true }),
    keyframeSeconds: fc.double({ ...range(ENCODING_LIMITS.keyframeSeconds), noNaN: true }),
    sound: fc.constantFrom('on' as const, 'off' as const),
    gainDb: fc.double({ ...range(ENCODING_LIMITS.gainDb), noNaN: true }),
    encoder: fc.constantFrom(...VIDEO_ENCODERS),
  },
  { requiredKeys: [] },
);

function range({ least, most }: { readonly least: number; readonly most: number }) {
  return { min: least, max: most };
}

async function planned(asked: Encoding, ffmpeg = FFMPEGS[0]!): Promise<EncodingPlan> {
  const input = { kind: 'file', path: film } as const;
  const { mapsTones, libavformat } = ffmpeg;
  const wishes = { ladder: undefined, limits: { ...SETTINGS, asked }, mapsTones, libavformat };
  const probe = await lookAt(input, ffmpeg, guard);
  return planEncoding({ kind: 'file', path: film, copy: false }, input, probe, wishes)!.plan;
}

/** The film as the producer would stream it, once. */
async function encoded(asked: Encoding, ffmpeg = FFMPEGS[0]!) {
  const plan = await planned(asked, ffmpeg);
  const args = ffmpegArguments(plan, { ...SETTINGS, asked, threads: 2, libavformat: ffmpeg.libavformat });
  const file = path.join(folder.path, 'out.ts');
  execFileSync(ffmpeg.path, [...args.slice(0, -1), '-y', file], { stdio: 'pipe' });
  const chunks = chunksOfFile(file);
  const keyframes = chunks.filter(({ keyframe }) => keyframe).map(({ decodeTime }) => decodeTime / 90_000);
  const chunker = new Chunker(() => undefined);
  chunker.push(readFileSync(file));
  return {
    pictures: chunks.filter(({ audioOnly }) => !audioOnly).length,
    isInOrder: chunks.every(({ presentationOffset }) => presentationOffset === 0),
    keyframesAt: keyframes.map((time) => Math.round((time - keyframes[0]!) * 10) / 10),
    bits: chunks.reduce((sum, { data }) => sum + data.byteLength * 8, 0),
    tracks: chunker.tracks,
    meanDb: meanVolume(file, ffmpeg.path),
    complaints: execFileSync(FFMPEGS[0]!.path, ['-v', 'error', '-i', file, '-f', 'null', '-']).toString(),
  };
}

function meanVolume(file: string, ffmpeg: string): number | undefined {
  const said = execFileSync('sh', [
    ...['-c', '"$1" -hide_banner -nostdin -i "$2" -af volumedetect -f null - 2>&1', 'sh', ffmpeg, file],
  ]).toString();
  const found = /mean_volume: (-?[\d.]+) dB/.exec(said)?.[1];
  return found === undefined ? undefined : Number(found);
}

describe('the encoding that a streamer asked for', () => {
  it('becomes arguments that hold nothing but our words and numbers, whatever was asked', () => {
    const inputs = [{ kind: 'test' }, { kind: 'file', path: '/film' }] as const;
    fc.assert(
      fc.property(someEncoding, fc.constantFrom(...inputs), fc.boolean(), (asked, input, isCapped) => {
        expect(encodingSchema.safeParse(asked).success).toBe(true);
        const plan: EncodingPlan = {
          ...{ input, video: 'encode', audio: 'encode' },
          ...(asked.sound === 'off' && { soundTrack: 'none' }),
          ...(isCapped && { mostRate: asked.frameRate, rate: asked.frameRate }),
        };
        const encoder = asked.encoder ?? 'x264';
        const args = ffmpegArguments(plan, { ...SETTINGS, asked, threads: 2, libavformat: 59, encoder });
        expect(args.join(' ')).not.toMatch(/undefined|NaN|Infinity|\de-\d|\[object/);
        const after = (name: string): string => args[args.indexOf(name) + 1]!;
        expect(after('-bf')).toBe('0');
        expect(Number(after('-maxrate:v'))).toBeLessThanOrEqual(SETTINGS.maxVideoBitrate);
        expect(args.includes('-c:a')).toBe(asked.sound !== 'off');
        expect(args.filter((argument) => argument === '-vf').length).toBeLessThan(2);
      }),
    );
  });

  it('is accepted by ffmpeg, of today and of 2018', async () => {
    const samples = fc.sample(someEncoding, { numRuns: 4, seed: 7 });
    for (const [index, wish] of samples.entries()) {
      const { encoder: _, ...asked } = wish;
      const made = await encoded(asked, FFMPEGS[index % 2]);
      expect([asked, made.complaints, made.isInOrder]).toEqual([asked, '', true]);
      expect(made.keyframesAt[0]).toBe(0);
    }
  }, 60_000);

  it('with each preset: pictures in order, all of them, a keyframe each second, below the ceiling', async () => {
    for (const preset of ENCODING_PRESETS) {
      const made = await encoded({ preset, kbit: 300 });
      expect(made).toMatchObject({ pictures: SECONDS * 30, isInOrder: true, keyframesAt: [0, 1, 2] });
      expect([preset, made.complaints]).toEqual([preset, '']);
      // The buffer of a second may be used once.
      expect(made.bits).toBeLessThan(300_000 * (SECONDS + 1) * 1.15 + 128_000 * SECONDS * 1.2);
    }
  }, 60_000);

  it('has the height, the rate, the keyframes and the loudness that were asked for', async () => {
    const plain = await encoded({});
    const asked = { height: 180, frameRate: 10, keyframeSeconds: 2, gainDb: 12 } as const;
    const made = await encoded(asked);
    expect(made).toMatchObject({ pictures: SECONDS * 10, keyframesAt: [0, 2] });
    expect(made.tracks[0]).toMatchObject({ kind: 'video', width: 320, height: 180, frameRate: 10 });
    expect(Math.abs(made.meanDb! - plain.meanDb! - asked.gainDb)).toBeLessThan(1);
    const quiet = await encoded({ gainDb: -9.5, keyframeSeconds: 0.5 });
    expect(Math.abs(quiet.meanDb! - plain.meanDb! + 9.5)).toBeLessThan(1);
    expect(quiet.keyframesAt).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
    const silent = await encoded({ sound: 'off' });
    expect([silent.tracks.map(({ kind }) => kind), silent.meanDb]).toEqual([['video'], undefined]);
  }, 60_000);

  it('has keyframes where those of a published picture are, however far apart', () => {
    const sent = path.join(folder.path, 'sent.ts');
    execFileSync(FFMPEGS[0]!.path, [
      ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=60:duration=12', '-c:v', 'libx264'],
      ...['-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '9999', '-sc_threshold', '0'],
      ...['-force_key_frames', 'expr:eq(n,0)+eq(n,40)+eq(n,700)', '-forced-idr', '1', sent],
    ]);
    const keyframesOf = (file: string): number[] =>
      chunksOfFile(file).flatMap(({ keyframe }, index) => (keyframe ? [index] : []));
    expect(keyframesOf(sent)).toEqual([0, 40, 700]);
    const plan: EncodingPlan = {
      ...{ input: { kind: 'published', reordering: ticks90k(0) }, video: 'encode', audio: 'encode' },
      ...{ soundTrack: 'none', rate: 60, isProgressive: true, ladder: [{ height: 32, bitrate: 100_000 }] },
    };
    for (const { path: ffmpeg, libavformat } of FFMPEGS) {
      const made = path.join(folder.path, 'made.ts');
      const args = ffmpegArguments(plan, { ...SETTINGS, threads: 1, libavformat });
      writeFileSync(made, execFileSync(ffmpeg, args, { input: readFileSync(sent) }));
      expect(keyframesOf(made)).toEqual([0, 40, 700]);
    }
  });

  it('leaves out live pictures above the rate, also after the clock has jumped', () => {
    const times = (from: number, every: number, seconds: number): string =>
      `testsrc2=size=64x64:rate=${every}:duration=${seconds},setpts=PTS+${from}/TB`;
    const plan: EncodingPlan = {
      ...{ input: { kind: 'file', path: film }, video: 'encode', audio: 'encode', mostRate: 30, rate: 30 },
      isProgressive: true,
    };
    const args = ffmpegArguments(plan, { ...SETTINGS, threads: 1, libavformat: 59 });
    const filter = args[args.indexOf('-vf') + 1]!;
    const left = (source: string): number => {
      const said = execFileSync(FFMPEGS[0]!.path, [
        ...['-v', 'error', '-f', 'lavfi', '-i', `${source},${filter}`],
        ...['-fps_mode', 'passthrough', '-f', 'framecrc', '-'],
      ]);
      return said
        .toString()
        .split('\n')
        .filter((line) => /^0,/.test(line)).length;
    };
    for (const [every, expected] of [
      [60, 90],
      [50, 90],
      [30, 90],
      [25, 75],
    ] as const) {
      expect(Math.abs(left(times(0, every, 3)) - expected), `${every} a second`).toBeLessThanOrEqual(2);
      expect(Math.abs(left(times(5_000, every, 3)) - expected), `${every} from 5000`).toBeLessThanOrEqual(2);
    }
    // Back to the beginning, as when an encoder was restarted.
    const jumps = `testsrc2=size=64x64:rate=60:duration=3,setpts='if(gte(N,90),N-90,N+60000)/60/TB'`;
    expect(Math.abs(left(jumps) - 90)).toBeLessThanOrEqual(3);
  });
});
