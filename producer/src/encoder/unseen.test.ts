import { execFileSync } from 'node:child_process';
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
    ['with a picture in HDR is converted, after one more start', HDR, 1],
    ['with a usual picture is on air at once', undefined, 0],
  ] as const)('%s', async (_, video, starts) => {
    const options = video === undefined ? {} : { video };
    const [port] = await freePorts(1);
    // It listens for one caller after the other, as a device of a studio would.
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
    expect(stranger.status()).toMatchObject({ state: 'live', restarts: 0 });
    expect(stranger.status().problem).toBeUndefined();
    expect(stranger.status().encoderLog?.join()).not.toContain('Input #0');
    expect(runs).toBe(1 + starts);
    const colours = coloursOf(Buffer.concat(stranger.chunks.map(({ data }) => data)));
    expect(colours).not.toContain('2084');
    if (video) expect(colours).toContain('bt709');
    isOver = true;
    await again;
    await sender[Symbol.asyncDispose]();
  });
});
