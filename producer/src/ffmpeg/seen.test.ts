import { expect, it } from 'vitest';
import { InputLines, NOTHING_SEEN, needsOtherPlan, type Seen } from './seen.js';

/** What is seen of an input that ffmpeg 5.1 describes so. */
function see(described: string): Seen | undefined {
  let seen: Seen | undefined;
  const lines = new InputLines((found) => {
    seen = found;
  });
  const said = `ffmpeg version 5.1\nInput #0, mpegts, from 'srt://cam':\n${described}\nStream mapping:\n  Stream #0:1`;
  for (const line of said.split('\n')) lines.take(line);
  return seen;
}

const TELEVISION = '  Stream #0:1[0x100]: Video: h264 (High), yuv420p, 640x266, 24 fps';
const SOUND = '  Stream #0:2[0x101](eng): Audio: aac (LC), 48000 Hz, stereo, fltp, 66 kb/s';
const RADIO = '  Stream #0:0[0x201]: Audio: mp2, 48000 Hz, stereo, fltp, 128 kb/s';

it('gives a picture the sound of its own programme', () => {
  const seen = see(`  Program 1\n${RADIO}\n  Program 2\n${TELEVISION}\n${SOUND}`);
  expect(seen).toEqual({ picture: undefined, soundTrack: 1 });
  expect(needsOtherPlan(NOTHING_SEEN, seen!)).toBe(true);
});

it('has nothing to say of usual sources', () => {
  for (const usual of [
    `${TELEVISION}\n${SOUND}`,
    `  Program 1\n${TELEVISION}\n${SOUND}`,
    TELEVISION,
    RADIO,
  ]) {
    expect(needsOtherPlan(NOTHING_SEEN, see(usual)!)).toBe(false);
  }
  expect(see('')).toBeUndefined();
});

it('keeps a picture in HDR, which needs another plan as often as its size or its kind changes', () => {
  const hdr = (size: string, transfer: string) =>
    see(
      `  Stream #0:0: Video: hevc (Main 10), yuv420p10le(tv, bt2020nc/bt2020/${transfer}), ${size}, 25 fps`,
    )!;
  const seen = hdr('1920x1080', 'smpte2084');
  expect(seen.picture).toMatchObject({ width: 1920, colours: { transfer: 'smpte2084' } });
  expect(needsOtherPlan(NOTHING_SEEN, seen)).toBe(true);
  expect(needsOtherPlan(seen, hdr('1920x1080', 'smpte2084'))).toBe(false);
  expect(needsOtherPlan(seen, hdr('1280x720', 'smpte2084'))).toBe(true);
  expect(needsOtherPlan(seen, hdr('1920x1080', 'arib-std-b67'))).toBe(true);
});
