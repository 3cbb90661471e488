import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { HardwareEncoder } from '@topicast/contracts/encoding';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { describe, expect, it } from 'vitest';
import { trialArguments } from '../ffmpeg/trials.js';
import { FFMPEGS } from '../testing/film.js';
import { superviseStranger } from '../testing/supervised.js';
import { chooseEncoder } from './chosen-encoder.js';

const [FFMPEG] = FFMPEGS;

describe('chooseEncoder', () => {
  it('takes the hardware that works here, x264 where it does not or has failed, and says so', async () => {
    const works = Promise.resolve(new Set<HardwareEncoder>(['nvenc']));
    expect(await chooseEncoder(undefined, undefined, undefined)).toMatchObject({ encoder: 'x264' });
    expect(await chooseEncoder('x264', works, undefined)).toEqual({ encoder: 'x264', note: undefined });
    expect(await chooseEncoder('nvenc', works, undefined)).toEqual({ encoder: 'nvenc', note: undefined });
    expect(await chooseEncoder('vaapi', works, undefined)).toEqual({
      encoder: 'x264',
      note: 'VAAPI does not work on the host of this producer, so x264 encodes the stream.',
    });
    expect((await chooseEncoder('nvenc', works, 'nvenc')).note).toMatch(/^NVENC has failed, so x264/);
  });
});

describe('a stream with a hardware encoder', () => {
  // No such hardware is here: the wrapper says what ffmpeg says with it.
  it.each([
    [
      'at its start',
      "echo '[h264_nvenc @ 0x55d0] OpenEncodeSessionEx failed: out of memory (10)' >&2; exit 1",
    ],
    [
      'while it is on air',
      "cat $good; sleep 1; echo '[h264_nvenc @ 0x55d0] EncodePicture failed!' >&2; exit 1",
    ],
  ])('that fails %s goes on with x264 at once, with a note', async (_, dies) => {
    using folder = temporaryFolder();
    const good = path.join(folder.path, 'good.ts');
    execFileSync(FFMPEG!.path, [...trialArguments('x264').slice(0, -1), good]);
    const wrapper = path.join(folder.path, 'ffmpeg');
    const script = `good=${good}\ncase "$*" in *h264_nvenc*) ${dies};; *) exec ${FFMPEG!.path} "$@";; esac`;
    writeFileSync(wrapper, `#!/bin/sh\n${script}\n`);
    chmodSync(wrapper, 0o755);
    await using stream = superviseStranger(
      { kind: 'test' },
      {
        ffmpeg: { ...FFMPEG!, path: wrapper },
        asked: { encoder: 'nvenc', sound: 'off' },
        hardware: ['nvenc'],
      },
    );
    const status = await until('x264 is on air', () => {
      const now = stream.status();
      return now.state === 'live' && now.notes?.some((note) => note.startsWith('NVENC has failed')) && now;
    });
    expect(status).toMatchObject({ restarts: 0, problem: undefined });
    await until('pictures come, and no sound', () => {
      const tracks = stream.status().catalog?.renditions[0]?.tracks;
      return tracks?.map(({ kind }) => kind).join() === 'video';
    });
    // Readers ignore a session that is not above the one before.
    expect(stream.sessions).toEqual([...new Set(stream.sessions)].sort((a, b) => a - b));
  });
});
