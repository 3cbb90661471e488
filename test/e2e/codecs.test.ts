import { execFileSync } from 'node:child_process';
import { type Fragment, mp4, Transmuxer } from '@topicast/media/fmp4';
import { Chunker } from '@topicast/media/mpegts';
import { describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { FFMPEG } from '../support/ffprobe.js';
import { findFirefox, openFirefox } from '../support/firefox.js';
import { type MsePlayback, servePlayback } from '../support/mse-page.js';

const INPUT = '-f lavfi -i testsrc2=s=320x180:r=30 -f lavfi -i sine=f=440:r=48000 -t 3';
const H264 = '-c:v libx264 -preset ultrafast -tune zerolatency -g 30 -bf 0 -pix_fmt yuv420p';
const HEVC =
  '-c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=none:keyint=30:bframes=0';
const TS = '-muxdelay 0 -muxpreload 0 -pes_payload_size 0 -f mpegts pipe:1';

/** What the player appends for a stream in these codecs. */
function fragmentsOf(codecs: string): Fragment[] {
  const words = `-v error -nostdin ${INPUT} ${codecs} ${TS}`.split(' ');
  const transmuxer = new Transmuxer(mp4);
  const fragments: Fragment[] = [];
  const chunker = new Chunker(({ data, discontinuity }) => {
    fragments.push(...transmuxer.push(data, { discontinuity }));
  });
  chunker.push(execFileSync(FFMPEG, words, { maxBuffer: 1 << 26 }));
  chunker.end();
  return fragments;
}

async function inChromium(codecs: string): Promise<MsePlayback> {
  const page = await servePlayback(fragmentsOf(codecs));
  const browser = await launchChromium();
  try {
    await (await browser.newPage()).goto(page.url);
    return await page.result;
  } finally {
    await browser.close();
    await page.close();
  }
}

async function inFirefox(executable: string, codecs: string): Promise<MsePlayback> {
  const page = await servePlayback(fragmentsOf(codecs));
  const browser = await openFirefox(executable, page.url);
  try {
    return await page.result;
  } finally {
    await browser.close();
    await page.close();
  }
}

function expectPlayed({ error, time, pictures, width }: MsePlayback): void {
  expect(error).toBeUndefined();
  expect(time).toBeGreaterThan(1.4);
  expect(pictures).toBeGreaterThan(20);
  expect(width).toBe(320);
}

describe('Chromium plays', () => {
  it.each([
    ['H.264 and AAC', `${H264} -c:a aac`],
    ['H.264 and Opus', `${H264} -c:a libopus`],
  ])('%s', async (_, codecs) => expectPlayed(await inChromium(codecs)));
});

const firefox = findFirefox();
describe.skipIf(!firefox)('Firefox plays', () => {
  it.each([
    ['H.264 and AAC', `${H264} -c:a aac`],
    ['HEVC and Opus', `${HEVC} -c:a libopus`],
  ])('%s', async (_, codecs) => expectPlayed(await inFirefox(firefox!, codecs)));
});
