import { execFileSync, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENCODING_PRESETS, type EncodingPreset } from '@topicast/contracts/encoding';
import { videoEncoder } from '@topicast/producer';
import { FFMPEG } from '@topicast/test/ffprobe';
import { footage } from '@topicast/test/footage';
import { quantile } from '@topicast/test/glass';
import { temporaryFolder } from '@topicast/test/temporary';
import { original, similarity } from './keyframes/encode.js';
import { readOptions } from './options.js';
import { table } from './table.js';

/**
 * What the presets of a stream's encoding cost and give, with the producer's arguments: CPU, how long a picture is in the
 * encoder, and how like the original it is at a bitrate that is short for the scene.
 */
const options = readOptions(
  'presets',
  { json: { type: 'string' }, seconds: { type: 'string', default: '15' } },
  ['seconds'],
);
const seconds = Number(options.seconds);
/** Of the pace of real time, for the delay. */
const PACED_SECONDS = 5;
const SCENES = [
  { name: 'film, 0.6 Mbit/s', clip: 'tears-of-steel-clip.webm', rate: 24, bitrate: 600_000 },
  { name: 'camera, 0.9 Mbit/s', clip: 'flower.mp4', rate: 30, bitrate: 900_000 },
] as const;
type Scene = (typeof SCENES)[number];

interface Row {
  readonly scene: string;
  readonly preset: EncodingPreset;
  /** Milliseconds of CPU for a second of pictures. */
  readonly cpuMs: number;
  readonly delayMs: number;
  readonly kbit: number;
  readonly ssim: number;
  readonly ssimP1: number;
}

const encoder = (preset: EncodingPreset, { rate, bitrate }: Scene): string[] =>
  videoEncoder({
    ...{ encoder: 'x264', preset, x264Preset: 'veryfast', threads: 2, bitrate, rate },
    ...{ keyframes: 1, colours: [] },
  });

const rows: Row[] = [];
for (const scene of SCENES) {
  using folder = temporaryFolder();
  const from = original(footage(scene.clip).path, folder.path, seconds, `fps=${scene.rate}`);
  const raw = rawPictures(from);
  for (const preset of ENCODING_PRESETS) {
    const file = path.join(folder.path, `${preset}.ts`);
    const { cpuMs, kbit } = encodeAtOnce(raw, preset, scene, file);
    const delayMs = await delayOf(raw, preset, scene);
    rows.push({ scene: scene.name, preset, cpuMs, delayMs, kbit, ...similarity(file, from) });
  }
}
table(
  ['scene and ceiling', 'preset', 'CPU ms/s', 'delay p50 ms', 'kbit/s', 'SSIM', 'worst 1 %'],
  rows.map(({ scene, preset, cpuMs, delayMs, kbit, ssim, ssimP1 }) => [
    ...[scene, preset, Math.round(cpuMs), Math.round(delayMs), Math.round(kbit)],
    ...[ssim.toFixed(4), ssimP1.toFixed(4)],
  ]),
);
if (options.json) await writeFile(options.json, JSON.stringify(rows));

interface Raw {
  readonly input: readonly string[];
  readonly pictures: readonly Buffer[];
}

function rawPictures(file: string): Raw {
  const said = execFileSync(FFMPEG, ['-v', 'error', '-i', file, '-frames:v', '1', '-f', 'yuv4mpegpipe', '-']);
  const [, width = '', height = ''] = /W(\d+) H(\d+)/.exec(said.subarray(0, 100).toString('latin1')) ?? [];
  const bytes = (Number(width) * Number(height) * 3) / 2;
  const all = execFileSync(
    FFMPEG,
    ['-v', 'error', '-i', file, '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-'],
    {
      maxBuffer: 2 ** 31,
    },
  );
  const count = Math.floor(all.byteLength / bytes);
  const size = ['-video_size', `${width}x${height}`];
  return {
    input: ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', ...size],
    pictures: Array.from({ length: count }, (_, n) => all.subarray(n * bytes, (n + 1) * bytes)),
  };
}

/** As fast as it can: ffmpeg tells the CPU time that it took, without the decoding of another codec. */
function encodeAtOnce({ input, pictures }: Raw, preset: EncodingPreset, scene: Scene, file: string) {
  const before = ['-hide_banner', '-nostats', '-benchmark', ...input, '-framerate', String(scene.rate)];
  const muxer = ['-muxdelay', '0', '-muxpreload', '0', '-f', 'mpegts', '-y', file];
  const out = execFileSync(
    'sh',
    ['-c', 'exec "$@" 2>&1', 'sh', FFMPEG, ...before, '-i', 'pipe:0', ...encoder(preset, scene), ...muxer],
    { input: Buffer.concat(pictures), maxBuffer: 1e8 },
  ).toString();
  const [, user, system] = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(out) ?? [];
  const length = pictures.length / scene.rate;
  const [, kilobytes] = /video:(\d+)(?:kB|KiB)/.exec(out) ?? [];
  return {
    cpuMs: ((Number(user) + Number(system)) * 1000) / length,
    kbit: (Number(kilobytes) * 1.024 * 8) / length,
  };
}

/** From the moment when a picture is given to ffmpeg to the one when it comes out. */
async function delayOf({ input, pictures }: Raw, preset: EncodingPreset, scene: Scene): Promise<number> {
  const before = ['-v', 'error', '-probesize', '32', '-analyzeduration', '0', ...input];
  const child = spawn(
    FFMPEG,
    [
      ...[...before, '-framerate', String(scene.rate), '-i', 'pipe:0', ...encoder(preset, scene)],
      ...['-flush_packets', '1', '-f', 'framecrc', 'pipe:1'],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const [given, come]: number[][] = [[], []];
  createInterface(child.stdout!).on('line', (line) => {
    if (/^0,/.test(line)) come!.push(performance.now());
  });
  const start = performance.now();
  for (let n = 0; n < PACED_SECONDS * scene.rate; n++) {
    await sleep(Math.max(0, start + (n * 1000) / scene.rate - performance.now()));
    given!.push(performance.now());
    child.stdin!.write(pictures[n % pictures.length]);
  }
  // What comes at the end is not in its time.
  const delays = come!.map((at, n) => at - given![n]!);
  child.stdin!.end();
  await new Promise((resolve) => child.once('close', resolve));
  // ffmpeg and the encoder start with the first second.
  return quantile(delays.slice(scene.rate), 0.5);
}
