import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { HardwareEncoder } from '@topicast/contracts/encoding';
import { chunksOfFile } from '@topicast/test/replay-source';
import { temporaryFolder } from '@topicast/test/temporary';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FFMPEGS } from '../testing/film.js';
import { type ProcessGuard, startGuard } from './guard.js';
import { blamesHardware, isUsable, possibleEncoders, trialArguments, tryEncoders } from './trials.js';

const folder = temporaryFolder();
const good = path.join(folder.path, 'good.ts');
let guard: ProcessGuard;

beforeAll(() => {
  guard = startGuard();
  execFileSync(FFMPEGS[0]!.path, [...trialArguments('x264').slice(0, -1), good]);
});
afterAll(async () => {
  await guard.close();
  folder[Symbol.dispose]();
});

/** An ffmpeg that plays what one with hardware would say and write; `$*` are its arguments. */
function fake(name: string, script: string): string {
  const file = path.join(folder.path, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('possibleEncoders', () => {
  it('looks for devices first, so that hosts without any try nothing', () => {
    const having = (...files: string[]) => possibleEncoders('linux', (file) => files.includes(file));
    expect(having()).toEqual([]);
    expect(having('/dev/nvidiactl')).toEqual(['nvenc']);
    expect(having('/dev/dri/renderD128')).toEqual(['qsv', 'vaapi']);
    expect(possibleEncoders('darwin')).toEqual(['videotoolbox']);
    expect(possibleEncoders('win32')).toEqual(['nvenc', 'qsv']);
  });
});

describe('tryEncoders', () => {
  it('offers what encodes a second as it has to be, and nothing else', async () => {
    const broken = path.join(folder.path, 'broken.ts');
    const withB = ['-c:v', 'libx264', '-bf', '2', '-g', '15', '-f', 'mpegts', broken];
    const source = 'testsrc2=size=64x64:rate=30:duration=1';
    execFileSync(FFMPEGS[0]!.path, ['-v', 'error', '-f', 'lavfi', '-i', source, ...withB]);
    const seen = path.join(folder.path, 'seen');
    const ffmpeg = fake(
      'ffmpeg',
      `echo "$*" >> ${seen}
case "$*" in
  *h264_nvenc*) cat ${good};;
  *h264_qsv*) cat ${broken};;
  *h264_vaapi*) echo '[h264_vaapi @ 0x55] No usable encoding entrypoint found for profile VAProfileH264High (7).' >&2; exit 1;;
  *) exit 0;;
esac`,
    );
    const all: HardwareEncoder[] = ['nvenc', 'qsv', 'vaapi', 'videotoolbox'];
    const found = await tryEncoders(all, { path: ffmpeg, guard });
    expect([...found]).toEqual(['nvenc']);
    expect(readFileSync(seen, 'utf8').match(/h264_[a-z]+/g)).toEqual([
      ...['h264_nvenc', 'h264_qsv', 'h264_vaapi', 'h264_videotoolbox'],
    ]);
  });

  it('gives up a driver that hangs, and all of them when the producer ends', async () => {
    const ending = new AbortController();
    const hanging = fake('hanging', 'exec sleep 60');
    expect((await tryEncoders(['vaapi'], { path: hanging, guard, limitMs: 200 })).size).toBe(0);
    const trying = tryEncoders(['nvenc', 'qsv'], { path: hanging, guard, signal: ending.signal });
    ending.abort();
    expect((await trying).size).toBe(0);
    expect((await tryEncoders(['nvenc'], { path: '/nonexistent', guard })).size).toBe(0);
  });

  it('takes the arguments of a stream: those of x264 pass', () => {
    expect(isUsable(chunksOfFile(good))).toBe(true);
    expect(isUsable(chunksOfFile(good).slice(1))).toBe(false);
  });

  it('finds nothing on a host without hardware, whatever its ffmpeg has', async () => {
    if (existsSync('/dev/dri') || existsSync('/dev/nvidiactl')) {
      console.log('SKIPPED: this host may have hardware');
      return;
    }
    const { path: real } = FFMPEGS[0]!;
    expect((await tryEncoders(['nvenc', 'qsv', 'vaapi'], { path: real, guard })).size).toBe(0);
  });
});

describe('blamesHardware', () => {
  it('knows the words of ffmpeg 5 and 7', () => {
    for (const [encoder, line] of [
      ['h264_nvenc', '[h264_nvenc] Cannot load libcuda.so.1'],
      ['h264_nvenc', '[h264_nvenc] OpenEncodeSessionEx failed: out of memory (10): (no details)'],
      ['h264_nvenc', '[vost#0:0/h264_nvenc] Error submitting video frame to the encoder'],
      ['h264_vaapi', '[AVHWDeviceContext] No VA display found for any default device.'],
      ['h264_vaapi', 'Device creation failed: -22.'],
      ['h264_vaapi', '[h264_vaapi] Failed to end picture encode issue: 24 (internal encoding error).'],
      ['h264_qsv', '[h264_qsv] Error initializing an internal MFX session: unsupported (-3)'],
      ['h264_qsv', 'Error while opening encoder for output stream #0:0 - maybe incorrect parameters'],
      ['h264_videotoolbox', '[h264_videotoolbox] Error encoding frame: -12903'],
    ] as const) {
      expect([line, blamesHardware(encoder, [line])]).toEqual([line, true]);
    }
    for (const line of [
      'Connection to tcp://127.0.0.1:1 failed: Connection refused',
      '[h264] error while decoding MB 10 12, bytestream -5',
      'film.mp4: Invalid data found when processing input',
      '[mpegts] Non-monotonous DTS in output stream 0:0',
    ]) {
      expect([line, blamesHardware('h264_nvenc', [line])]).toEqual([line, false]);
    }
  });
});
