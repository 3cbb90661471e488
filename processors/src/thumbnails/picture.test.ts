import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FFMPEG } from '@topicast/test/ffprobe';
import { temporaryFolder } from '@topicast/test/temporary';
import { describe, expect, it } from 'vitest';
import { filmOf, MOVING } from '../testing/film.js';
import { takePicture } from './picture.js';

const { signal } = new AbortController();

/** Of a JPEG: the size in its start of frame (ITU-T T.81 B.2.2). */
function sizeOf(jpeg: Buffer): [width: number, height: number] {
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const marker = jpeg[at + 1]!;
    if (marker >= 0xc0 && marker <= 0xc3) return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
  }
  throw new Error('no frame');
}

const keyframeOf = (filter: string): Uint8Array =>
  filmOf({ inputs: MOVING, seconds: 1, outputs: ['-vf', filter] })[0]!.data;

describe('a picture of a keyframe', () => {
  it.each([
    ['lying', 'scale=1280:720', [320, 180]],
    ['standing', 'scale=360:640,setsar=1', [180, 320]],
    ['anamorphic', 'scale=720:576,setsar=64/45', [320, 180]],
    ['small', 'scale=64:64,setsar=1', [320, 320]],
  ] as const)('has the shape that is shown: %s', async (_, filter, size) => {
    const jpeg = await takePicture(keyframeOf(filter), FFMPEG, signal);
    expect(sizeOf(jpeg!)).toEqual(size);
    expect(jpeg!.byteLength).toBeLessThan(40_000);
  });

  it('is none of what cannot be decoded, and of sound', async () => {
    const keyframe = keyframeOf('scale=1280:720');
    const damaged = keyframe.map((byte, at) => (at % 188 > 4 && at > 564 ? byte ^ 0x5a : byte));
    for (const bytes of [damaged, keyframe.subarray(0, 188), new Uint8Array(188_000), new Uint8Array()])
      expect(await takePicture(bytes, FFMPEG, signal)).toBeUndefined();
  });

  it('is none of an ffmpeg that writes without end, fails, or is not there', async () => {
    using folder = temporaryFolder();
    const script = (name: string, text: string): string => {
      const file = path.join(folder.path, name);
      writeFileSync(file, `#!/bin/sh\n${text}\n`);
      chmodSync(file, 0o755);
      return file;
    };
    const bytes = new Uint8Array(188);
    for (const program of [script('floods', 'yes'), script('fails', 'echo jpeg; exit 1'), '/no/such/ffmpeg'])
      expect(await takePicture(bytes, program, signal)).toBeUndefined();
    const enough = new AbortController();
    const hanging = takePicture(bytes, script('hangs', 'exec sleep 600'), enough.signal);
    setTimeout(() => enough.abort(), 100);
    expect(await hanging).toBeUndefined();
  });
});
