import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '@topicast/test/free-ports';
import { until } from '@topicast/test/poll';
import { describe, expect, it } from 'vitest';
import { FFMPEGS } from '../testing/film.js';
import { sendLive } from '../testing/sender.js';
import { superviseStranger } from '../testing/supervised.js';

const [newest] = FFMPEGS;
const HDR = [
  '-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params',
  'log-level=none:repeat-headers=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:range=limited',
  '-color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc',
].join(' ');
const encodes = execFileSync(newest!.path, ['-v', 'quiet', '-encoders']).toString().includes('libx265');
const lacks =
  (!newest!.protocols.has('srt') && 'this ffmpeg has no SRT') ||
  (!encodes && 'this ffmpeg does not encode HEVC') ||
  (!newest!.mapsTones && 'this ffmpeg does not convert HDR');

/** dB below full scale. */
function loudestOf(bytes: Buffer): number {
  const { stderr } = spawnSync(
    newest!.path,
    ['-hide_banner', '-f', 'mpegts', '-i', 'pipe:0', '-vn', '-af', 'volumedetect', '-f', 'null', '-'],
    { input: bytes },
  );
  return Number(/max_volume: (-?\d+\.\d)/.exec(String(stderr))?.[1] ?? Number.NaN);
}

/** What the stream says of its colours. */
function coloursOf(bytes: Buffer): string {
  try {
    execFileSync(newest!.path, ['-hide_banner', '-f', 'mpegts', '-i', 'pipe:0'], {
      input: bytes,
      stdio: 'pipe',
    });
  } catch (error) {
    return /Video: h264[^\n]*/.exec(String((error as { stderr: Buffer }).stderr))?.[0] ?? '';
  }
  return '';
}

describe.skipIf(lacks)(`a source that nobody looks at${lacks ? ` (skipped: ${lacks})` : ''}`, () => {
  it.each([
    ['with a picture in HDR is converted, after one more start', { video: HDR }, 1],
    ['with a usual picture is on air at once', {}, 0],
  ] as const)('%s', async (_, options, starts) => {
    const { chunks, status, runs } = await watch(options);
    expect(status).toMatchObject({ state: 'live', restarts: 0 });
    expect(status.problem).toBeUndefined();
    expect(status.notes?.join()).toBe('video' in options ? CONVERTED : '');
    expect(status.encoderLog?.join()).not.toContain('Input #0');
    expect(runs).toBe(1 + starts);
    const colours = coloursOf(chunks);
    expect(colours).not.toContain('2084');
    if ('video' in options) expect(colours).toContain('bt709');
  });

  it('with the silent programme of another one before its own has its own sound', async () => {
    const { chunks, status, runs } = await watch({ video: TWO_PROGRAMMES });
    expect(status.notes?.join()).toContain('several programmes');
    expect(runs).toBe(2);
    expect(loudestOf(chunks)).toBeGreaterThan(-30);
  });
});

const CONVERTED = 'The picture is HDR (PQ): it is brought to the colours that all screens show.';
const TWO_PROGRAMMES = [
  '-map 1:a -map 0:v -map 1:a -filter:a:0 volume=0',
  '-program program_num=1:st=0 -program program_num=2:st=1:st=2',
  '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p',
].join(' ');

/** What becomes of a sender that listens for one caller after the other, as a device of a studio would. */
async function watch(options: { readonly video?: string }) {
  const [port] = await freePorts(1);
  const address = `srt://127.0.0.1:${port}`;
  let sender = sendLive(`${address}?mode=listener`, options);
  let runs = 1;
  let isOver = false;
  const again = (async () => {
    for (; !isOver; await sleep(20)) {
      if (!sender.gone()) continue;
      sender = sendLive(`${address}?mode=listener`, options);
      runs += 1;
    }
  })();
  await sleep(500);
  await using stranger = superviseStranger(
    { kind: 'url', url: address },
    { ffmpeg: newest!, allowPrivateUrls: true },
  );
  await until('chunks', () => stranger.chunks.length > 60);
  const [chunks, status] = [Buffer.concat(stranger.chunks.map(({ data }) => data)), stranger.status()];
  const ran = runs;
  isOver = true;
  await again;
  await sender[Symbol.asyncDispose]();
  return { chunks, status, runs: ran };
}
